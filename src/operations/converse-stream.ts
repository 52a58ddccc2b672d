import { mayBeAttached, Unkept } from '../binary';
import { GrowingText } from '../growing-text';
import { isObject, number, object, objects, pick, string } from '../read';
import type { Accumulator, JsonObject } from '../types';

/** A content block as its deltas have built it so far. */
interface Block {
  start?: JsonObject;
  text?: GrowingText;
  toolInput?: GrowingText;
  reasoning?: GrowingText;
  signature?: string;
  redacted?: number;
  citations?: JsonObject[];
  result?: JsonObject[];
  media?: { kind: string; format: unknown; source: JsonObject | undefined; bytes: Uint8Array[]; byteLength?: number };
  other?: JsonObject;
}

/** Folds the events of a ConverseStream into the response of a Converse. */
export class ConverseStream implements Accumulator {
  #role = 'assistant';
  #blocks = new Map<number, Block>();
  /** The block of the last delta, which is most often that of the next. */
  #current: Block = {};
  #index: number | undefined;
  #last: JsonObject = {};
  #stopped = false;
  #started = false;
  /** Bytes of all media so far. */
  #mediaBytes = 0;

  add(event: JsonObject): boolean {
    if (isObject(event.contentBlockDelta)) {
      this.#started = true;
      return this.#delta(this.#block(event.contentBlockDelta), object(event.contentBlockDelta.delta) ?? {});
    }
    if (isObject(event.contentBlockStart)) {
      this.#started = true;
      const start = object(event.contentBlockStart.start);
      // A text block has no start event; what has one says what kind of block it is.
      if (start) this.#block(event.contentBlockStart).start = copied(start);
      if (isObject(start?.toolUse)) return true; // a call without arguments may have nothing else
    } else if (isObject(event.messageStart)) {
      this.#started = true;
      this.#role = string(event.messageStart.role) ?? this.#role;
    } else if (isObject(event.messageStop)) {
      this.#stopped = true;
      Object.assign(this.#last, copied(pick(event.messageStop, ['stopReason', 'additionalModelResponseFields'])));
    } else if (isObject(event.metadata)) {
      Object.assign(this.#last, copied(pick(event.metadata, ['usage', 'metrics', 'trace', 'performanceConfig', 'serviceTier'])));
    }
    return false;
  }

  complete(): boolean {
    return this.#stopped;
  }

  response(): JsonObject {
    const content = [...this.#blocks].sort(([a], [b]) => a - b).flatMap(([, block]) => finish(block));
    return { ...(this.#started && { output: { message: { role: this.#role, content } } }), ...this.#last };
  }

  #block({ contentBlockIndex }: JsonObject): Block {
    const index = number(contentBlockIndex) ?? this.#blocks.size;
    if (index === this.#index) return this.#current;
    this.#index = index;
    this.#current = this.#blocks.get(index) ?? {};
    this.#blocks.set(index, this.#current);
    return this.#current;
  }

  /** Whether the delta has content. */
  #delta(block: Block, delta: JsonObject): boolean {
    if (typeof delta.text === 'string') {
      block.text ??= new GrowingText();
      block.text.add(delta.text);
      return delta.text !== '';
    }
    if (isObject(delta.toolUse)) {
      const input = string(delta.toolUse.input) ?? '';
      block.toolInput ??= new GrowingText();
      block.toolInput.add(input);
      return input !== '';
    }
    if (isObject(delta.reasoningContent)) return addReasoning(block, delta.reasoningContent);
    if (isObject(delta.citation)) {
      block.citations ??= [];
      block.citations.push(copied(delta.citation));
      return false;
    }
    if (Array.isArray(delta.toolResult)) {
      block.result ??= [];
      for (const part of objects(delta.toolResult)) block.result.push(copied(part));
      return delta.toolResult.length > 0;
    }
    const kind = ['image', 'video', 'audio'].find((name) => isObject(delta[name]));
    if (kind) return this.#addMedia(block, kind, object(delta[kind]) ?? {});
    block.other ??= merge({}, object(Object.values(block.start ?? {})[0]) ?? {});
    merge(block.other, delta);
    return true;
  }

  /** They are attached together or not at all: then only their sizes are told. */
  #letGoOfMedia(): void {
    for (const { media } of this.#blocks.values()) if (media) media.bytes = [];
  }

  #addMedia(block: Block, kind: string, { format, source }: JsonObject): boolean {
    block.media ??= { kind, format: format ?? object(block.start?.[kind])?.format, source: withoutBytes(source), bytes: [] };
    const bytes = object(source)?.bytes;
    if (!(bytes instanceof Uint8Array)) return true;
    block.media.byteLength = (block.media.byteLength ?? 0) + bytes.byteLength;
    this.#mediaBytes += bytes.byteLength;
    if (mayBeAttached(this.#mediaBytes)) block.media.bytes.push(Uint8Array.from(bytes));
    else if (mayBeAttached(this.#mediaBytes - bytes.byteLength)) this.#letGoOfMedia();
    return true;
  }
}

function addReasoning(block: Block, { text, signature, redactedContent }: JsonObject): boolean {
  if (typeof text === 'string') {
    block.reasoning ??= new GrowingText();
    block.reasoning.add(text);
  }
  if (typeof signature === 'string') block.signature = (block.signature ?? '') + signature;
  if (redactedContent instanceof Uint8Array) block.redacted = (block.redacted ?? 0) + redactedContent.byteLength;
  return text !== undefined ? text !== '' : redactedContent !== undefined;
}

function withoutBytes(source: unknown): JsonObject | undefined {
  const { bytes: _, ...rest } = object(source) ?? {};
  return isObject(source) ? copied(rest) : undefined;
}

/** The block as Converse would have given it; two where text and reasoning share an index. */
function finish(block: Block): JsonObject[] {
  const { start, citations, media, result } = block;
  const text = block.text?.toString();
  const thought = reasoningOf(block);
  const toolUse = object(start?.toolUse);
  if (toolUse || block.toolInput !== undefined) return [...thought, { toolUse: { ...toolUse, input: block.toolInput?.toString() ?? '' } }];
  const toolResult = object(start?.toolResult);
  if (toolResult || result) return [...thought, { toolResult: { ...toolResult, content: result ?? [] } }];
  if (media) {
    const { kind, format, byteLength } = media;
    const kept = Buffer.concat(media.bytes);
    const bytes = byteLength === undefined || byteLength === kept.byteLength ? kept : new Unkept(byteLength);
    return [...thought, { [kind]: { format, source: byteLength === undefined ? media.source : { bytes } } }];
  }
  const name = Object.keys(start ?? {})[0];
  if (block.other) return [...thought, { [name ?? 'unknown']: { ...block.other, ...(text !== undefined && { text }) } }];
  if (citations) return [...thought, { citationsContent: { content: text === undefined ? [] : [{ text }], citations } }];
  if (text !== undefined) return [...thought, name ? { [name]: { ...object(start?.[name]), text } } : { text }];
  return thought.length > 0 ? thought : [{ ...start }];
}

function reasoningOf({ redacted, reasoning, signature }: Block): JsonObject[] {
  const blocks: JsonObject[] = [];
  if (reasoning !== undefined || signature !== undefined) {
    blocks.push({ reasoningContent: { reasoningText: { text: reasoning?.toString() ?? '', ...(signature && { signature }) } } });
  }
  if (redacted !== undefined) blocks.push({ reasoningContent: { redactedContent: { byteLength: redacted } } });
  return blocks;
}

/** Deeper than any block is built; below, the later piece stands. */
const MERGE_DEPTH = 8;

/**
 * Texts grow, all else is overwritten: what an unknown kind of delta most likely means.
 * @param into our own, as are the objects in it
 */
function merge(into: JsonObject, delta: JsonObject, depth = 0): JsonObject {
  for (const [key, value] of Object.entries(delta)) {
    if (key === '__proto__') continue;
    const old = Object.hasOwn(into, key) ? into[key] : undefined;
    if (typeof value === 'string' && typeof old === 'string') into[key] = old + value;
    else into[key] = isPlain(value) && depth < MERGE_DEPTH ? merge(isPlain(old) ? old : {}, value, depth + 1) : copy(value, depth);
  }
  return into;
}

const isPlain = (value: unknown): value is JsonObject => isObject(value) && !ArrayBuffer.isView(value) && !(value instanceof Date);

/** A copy of what an event says: the event is the application's, which may change it before the stream ends. */
const copied = (value: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copy(member, 1)]));

function copy(value: unknown, depth: number): unknown {
  if (depth >= COPY_DEPTH) return value;
  if (Array.isArray(value)) return value.map((item) => copy(item, depth + 1));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copy(member, depth + 1)]));
}

/** Deeper than an event is; below, its own values are kept. */
const COPY_DEPTH = 32;
