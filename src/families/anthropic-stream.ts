import { GrowingText } from '../growing-text';
import { isObject, number, object, parseJson, string } from '../read';
import type { Accumulator, JsonObject } from '../types';

/** A block being written: its members as they started, those that grow, and a tool's JSON. */
interface Block {
  members: JsonObject;
  growing: Map<string, GrowingText>;
  json?: GrowingText;
}

/** What each kind of delta appends to, and the type of a block whose start was not seen. */
const DELTAS: Readonly<Record<string, { member: string; type: string }>> = {
  text_delta: { member: 'text', type: 'text' },
  thinking_delta: { member: 'thinking', type: 'thinking' },
  signature_delta: { member: 'signature', type: 'thinking' },
  compaction_delta: { member: 'content', type: 'compaction' },
};

/** Members of a delta or of `message_start` that describe the message; null means "not known yet". */
const DESCRIBES = ['id', 'type', 'role', 'model', 'stop_reason', 'stop_sequence', 'container'] as const;

/** Folds message_start … message_stop into the message. */
export class AnthropicStream implements Accumulator {
  readonly #message: JsonObject = {};
  readonly #usage: JsonObject = {};
  readonly #blocks = new Map<number, Block>();
  #stopped = false;

  add(event: JsonObject): boolean {
    switch (event.type) {
      case 'message_start':
        this.#describe(object(event.message));
        this.#count(object(event.message)?.usage);
        return false;
      case 'content_block_start':
        return this.#start(number(event.index) ?? 0, object(event.content_block) ?? {});
      case 'content_block_delta':
        return this.#append(number(event.index) ?? 0, object(event.delta) ?? {});
      case 'message_delta':
        this.#describe(object(event.delta));
        this.#count(event.usage);
        return false;
      case 'message_stop':
        this.#stopped = true;
        return false;
      default:
        return false;
    }
  }

  grows({ type, delta }: JsonObject, place: string): boolean {
    const kind = string(object(delta)?.type) ?? '';
    const grows = kind === 'input_json_delta' ? 'partial_json' : Object.hasOwn(DELTAS, kind) ? DELTAS[kind]?.member : undefined;
    return type === 'content_block_delta' && grows !== undefined && place === `delta.${grows}`;
  }

  response(): JsonObject {
    const blocks = [...this.#blocks].sort(([a], [b]) => a - b);
    return {
      type: 'message',
      ...this.#message,
      content: blocks.map(([, block]) => finished(block)),
      usage: this.#usage,
    };
  }

  complete(): boolean {
    return this.#stopped;
  }

  #describe(source: JsonObject | undefined): void {
    for (const name of DESCRIBES) {
      const value = source?.[name];
      if (value !== undefined && value !== null) this.#message[name] = value;
    }
  }

  /** Counts are cumulative: the later one stands for the whole message. */
  #count(usage: unknown): void {
    if (!isObject(usage)) return;
    for (const [name, value] of Object.entries(usage)) if (value !== null && name !== '__proto__') this.#usage[name] = value;
  }

  #start(index: number, block: JsonObject): boolean {
    const members: JsonObject = { ...block };
    // further ones are appended to a list of our own
    if (Array.isArray(block.citations)) members.citations = [...block.citations];
    this.#blocks.set(index, { members, growing: new Map() });
    // a tool's name is content, and all there is of a call without arguments; redacted thinking and a server tool's result arrive whole
    return Boolean(block.name || block.text || block.thinking || block.data || block.content);
  }

  #append(index: number, delta: JsonObject): boolean {
    if (delta.type === 'input_json_delta') {
      const piece = string(delta.partial_json) ?? '';
      const block = this.#block(index, 'tool_use');
      block.json ??= new GrowingText();
      block.json.add(piece);
      return piece !== '';
    }
    if (delta.type === 'citations_delta') {
      const { members } = this.#block(index, 'text');
      if (Array.isArray(members.citations)) members.citations.push(delta.citation);
      else members.citations = [delta.citation];
      return false;
    }
    const grows = typeof delta.type === 'string' && Object.hasOwn(DELTAS, delta.type) ? DELTAS[delta.type] : undefined;
    if (!grows) return false;
    const piece = string(delta[grows.member]) ?? '';
    textOf(this.#block(index, grows.type), grows.member).add(piece);
    return piece !== '' && grows.member !== 'signature';
  }

  #block(index: number, type: string): Block {
    const block = this.#blocks.get(index) ?? { members: { type }, growing: new Map() };
    this.#blocks.set(index, block);
    return block;
  }
}

/** The text of a member that grows, from what it started with. */
function textOf({ members, growing }: Block, member: string): GrowingText {
  const text = growing.get(member) ?? new GrowingText(string(members[member]));
  growing.set(member, text);
  return text;
}

function finished({ members, growing, json }: Block): JsonObject {
  const texts = Object.fromEntries([...growing].map(([member, text]) => [member, String(text)]));
  const input = json && String(json);
  return { ...members, ...texts, ...(input && { input: parseJson(input) }) };
}
