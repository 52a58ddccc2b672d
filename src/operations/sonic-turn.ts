import { string } from '../read';
import type { Usage } from '../tokens';
import type { JsonObject } from '../types';
import { Audio, type AudioFormat } from './sonic-audio';
import { Transcript } from './sonic-transcript';

/** What has gone to the model since its last response began: typed text, speech and what was understood of it, results of tools. */
export class UserTurn {
  usage: Usage = {};
  /** When the application closed the last content of the user. */
  closedAt: number | undefined;
  /** When the model told what it understood: the only end of a turn that a microphone which stays open has. */
  transcribedAt: number | undefined;
  readonly #typed: { role: string; text: string; block: string }[] = [];
  readonly #results: { id: string | undefined; text: string; block: string; isError: boolean }[] = [];
  readonly #transcript = new Transcript();
  #audio: Audio | undefined;

  type(role: string, piece: string, block: string): void {
    const last = this.#typed.at(-1);
    if (last?.block === block && last.role === role) last.text += piece;
    else this.#typed.push({ role, text: piece, block });
  }

  speak(base64: string, format: AudioFormat): void {
    this.#audio ??= new Audio(format);
    this.#audio.add(base64);
  }

  transcribe(piece: string, block: string, isSpeculative: boolean, at: number): void {
    this.#transcript.add(piece, block, isSpeculative);
    this.transcribedAt = at;
  }

  answer(id: string | undefined, result: JsonObject, block: string): void {
    const text = string(result.content) ?? JSON.stringify(result.content ?? '');
    const last = this.#results.at(-1);
    if (last?.block === block && last.id === id) last.text += text;
    else this.#results.push({ id, text, block, isError: result.status === 'error' });
  }

  /** Whether there is something that a model can answer. Audio alone is not: an open microphone sends silence, too. */
  get hasContent(): boolean {
    return this.#typed.length > 0 || this.#results.length > 0 || this.#transcript.text !== '';
  }

  /** The messages of the turn; a conversation that the application has brought along stands before the user's words. */
  messages(withAudio = true): JsonObject[] {
    const messages = this.#typed.map(({ role, text }) => ({ role, content: [textBlock(text)] }));
    const spoken: JsonObject[] = [];
    const { text } = this.#transcript;
    if (text && !this.#typed.some((typed) => typed.text.includes(text))) spoken.push(textBlock(text)); // typed text is echoed
    if (withAudio && this.#audio && !this.#audio.isEmpty) spoken.push(this.#audio.block());
    if (spoken.length > 0) messages.push({ role: 'user', content: spoken });
    const results = this.#results.map(({ id, text: content, isError }) => ({
      type: 'tool_result',
      tool_use_id: id,
      content: [textBlock(content)],
      is_error: isError,
    }));
    if (results.length > 0) messages.push({ role: 'user', content: results });
    return messages;
  }
}

const textBlock = (text: string): JsonObject => ({ type: 'text', text });
