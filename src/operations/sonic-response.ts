import { defined, parseJson } from '../read';
import { tokenMetrics, type Usage } from '../tokens';
import type { JsonObject, Part } from '../types';
import { Audio, type AudioFormat } from './sonic-audio';
import { Transcript } from './sonic-transcript';
import type { UserTurn } from './sonic-turn';

/** One response of the model: what it said and which tools it asked for, from its first content to the end of its turn. */
export class ModelResponse {
  usage: Usage;
  stopReason: string | undefined;
  /** When its turn ended, as far as that is known. More may come: the text of what was spoken, an interruption while it is being played. */
  endedAt: number | undefined;
  /** Nothing more will be said: what comes next is another response. */
  isOver = false;
  readonly #tools: JsonObject[] = [];
  readonly #asked = new Set<unknown>();
  readonly #answered = new Set<unknown>();
  /** Tools that were asked for and have not answered. */
  readonly #open = new Set<unknown>();
  readonly #transcript = new Transcript();
  #textBeforeTools = false;
  #audio: Audio | undefined;

  constructor(
    readonly turn: UserTurn,
    private readonly firstContent: number,
  ) {
    this.usage = turn.usage;
  }

  say(piece: string, block: string, isSpeculative: boolean): void {
    if (this.#tools.length === 0) this.#textBeforeTools = true;
    this.#transcript.add(piece, block, isSpeculative);
  }

  speak(base64: string, format: AudioFormat): void {
    this.#audio ??= new Audio(format);
    this.#audio.add(base64);
  }

  use({ toolUseId, toolName, content, input }: JsonObject): void {
    const given = content ?? input ?? {};
    const parsed = typeof given === 'string' ? parseJson(given || '{}') : given;
    this.#tools.push({ type: 'tool_use', id: toolUseId, name: toolName, input: parsed });
    this.#asked.add(toolUseId);
    if (!this.#answered.has(toolUseId)) this.#open.add(toolUseId);
  }

  /** Whether this response has asked for the tool's result and waits for it. */
  awaits(toolUseId: string | undefined): boolean {
    return !this.isOver && this.#asked.has(toolUseId);
  }

  answer(id: string | undefined, result: JsonObject, block: string): void {
    this.#answered.add(id);
    this.#open.delete(id);
    this.turn.answer(id, result, block);
  }

  get awaitsTools(): boolean {
    return this.#open.size > 0;
  }

  get awaitsFinal(): boolean {
    return this.#transcript.awaitsFinal;
  }

  get hasSpoken(): boolean {
    return this.#transcript.text !== '' || this.#audio !== undefined;
  }

  /** @param isOver nothing more will be said */
  end(stopReason: string | undefined, at: number, isOver: boolean): void {
    if (this.stopReason !== 'INTERRUPTED') this.stopReason = stopReason ?? this.stopReason;
    if (!this.isOver || stopReason === 'INTERRUPTED') this.endedAt = at;
    this.isOver ||= isOver;
  }

  /** @param last when the session was last heard of, for a response that has not ended */
  part(model: string | undefined, last: number): Part {
    const asked = this.turn.closedAt ?? this.turn.transcribedAt;
    const begun = asked !== undefined && asked <= this.firstContent ? asked : undefined;
    const isComplete = this.endedAt !== undefined;
    return {
      name: 'bedrock.realtime.response',
      type: 'llm',
      start: begun ?? this.firstContent,
      end: this.endedAt ?? last,
      ...(begun !== undefined && { firstToken: this.firstContent }),
      input: this.turn.messages(),
      output: [{ role: 'assistant', content: this.#content() }],
      metadata: defined({
        provider: 'aws-bedrock',
        model,
        operation: 'realtime.response',
        stopReason: this.stopReason,
        streamStatus: isComplete ? undefined : 'incomplete',
      }),
      metrics: tokenMetrics(this.usage),
    };
  }

  #content(): JsonObject[] {
    const { text } = this.#transcript;
    const said = text ? [{ type: 'text', text }] : [];
    const heard = this.#audio && !this.#audio.isEmpty ? [this.#audio.block()] : [];
    return this.#textBeforeTools ? [...said, ...this.#tools, ...heard] : [...this.#tools, ...said, ...heard];
  }
}
