import { lengthen } from '../lengthen';
import { isObject, number, object, objects, string } from '../read';
import type { Accumulator, JsonObject } from '../types';

/** A choice being written. `message` and each tool call are copies of our own. */
interface Choice {
  message: JsonObject;
  calls: Map<unknown, JsonObject>;
  text?: string;
  reason?: unknown;
}

const newChoice = (): Choice => ({ message: {}, calls: new Map() });

/** Members of a delta that are said once; every other text is the next piece of one. */
const ONCE = new Set(['role', 'id', 'type', 'name', 'format']);

/** How many items of a list may be written at once. */
const MOST_OPEN = 32;

/** Folds chat.completion.chunk events (and text completion chunks) into the completion. Mistral's chunks say `message` for `delta`. */
export class OpenaiStream implements Accumulator {
  readonly #body: JsonObject = {};
  readonly #choices = new Map<number, Choice>();
  #finished = false;

  add(event: JsonObject): boolean {
    for (const name of ['id', 'model', 'usage'] as const) {
      const value = event[name];
      if (value !== undefined && value !== null) this.#body[name] = value;
    }
    let content = false;
    for (const choice of objects(event.choices)) content = this.#fold(choice) || content;
    return content;
  }

  response(): JsonObject {
    const choices = [...this.#choices].sort(([a], [b]) => a - b);
    return { ...this.#body, choices: choices.map(([index, choice]) => finished(index, choice)) };
  }

  complete(): boolean {
    return this.#finished;
  }

  #fold(event: JsonObject): boolean {
    const index = number(event.index) ?? 0;
    const choice = this.#choices.get(index) ?? newChoice();
    this.#choices.set(index, choice);
    const reason = event.finish_reason ?? event.stop_reason;
    if (reason !== undefined && reason !== null) {
      choice.reason = reason;
      this.#finished = true;
    }
    const delta = object(event.delta) ?? object(event.message);
    if (delta) return foldMessage(choice, delta);
    const text = string(event.text);
    if (text !== undefined) choice.text = lengthen(choice.text, text);
    return Boolean(text);
  }
}

function foldMessage(choice: Choice, delta: JsonObject): boolean {
  let content = false;
  for (const [name, value] of Object.entries(delta)) {
    // a message of calls alone says so with `content: null`
    if (name === 'content' && value === null) choice.message.content ??= null;
    if (name === '__proto__' || value === null || value === undefined) continue;
    if (name === 'tool_calls') content = foldCalls(choice.calls, value) || content;
    else if (typeof value === 'string') content = append(choice.message, name, value) || content;
    else if (name === 'content' && Array.isArray(value)) content = foldParts(choice.message, value) || content;
    else if (Array.isArray(value)) content = foldList(choice.message, name, value) || content;
    else if (isObject(value)) content = foldObject(choice.message, name, value) || content;
    else choice.message[name] = value;
  }
  return content;
}

function append(into: JsonObject, name: string, text: string): boolean {
  const old = into[name];
  if (Array.isArray(old)) return foldParts(into, [{ type: 'text', text }]);
  into[name] = typeof old === 'string' && !ONCE.has(name) ? lengthen(old, text) : text || (old ?? text);
  return text !== '' && !ONCE.has(name);
}

/** `function_call`, `audio`: an object whose texts grow. */
function foldObject(message: JsonObject, name: string, value: JsonObject): boolean {
  const into = isObject(message[name]) ? message[name] : {};
  message[name] = into;
  return foldMembers(into, value);
}

function foldMembers(into: JsonObject, value: JsonObject): boolean {
  let content = false;
  for (const [member, piece] of Object.entries(value)) {
    if (member === '__proto__') continue;
    if (typeof piece === 'string') content = append(into, member, piece) || content;
    else if (piece !== null) into[member] = piece;
  }
  return content;
}

/** `reasoning_details`, `annotations`: an item with an `index` is a piece of the one that has it already, any other is a new one. */
function foldList(message: JsonObject, name: string, pieces: unknown[]): boolean {
  const list: unknown[] = Array.isArray(message[name]) ? message[name] : [];
  message[name] = list;
  let content = false;
  for (const piece of pieces) {
    const index = isObject(piece) ? number(piece.index) : undefined;
    // the pieces of one item come one after the other, and those of another after them: the last ones are enough
    const begun = index === undefined ? undefined : list.slice(-MOST_OPEN).find((item) => isObject(item) && item.index === index);
    const into: JsonObject = {};
    if (!isObject(piece)) list.push(piece);
    else if (isObject(begun)) content = foldMembers(begun, piece) || content;
    else {
      list.push(into);
      content = foldMembers(into, piece) || content;
    }
  }
  return content;
}

/** The pieces of a call carry its `index`; a server that sends calls whole may leave it out, then the id tells them apart. */
function foldCalls(calls: Map<unknown, JsonObject>, value: unknown): boolean {
  const pieces = objects(value);
  for (const [position, piece] of pieces.entries()) {
    const key = piece.index ?? piece.id ?? position;
    const call = calls.get(key) ?? {};
    calls.set(key, call);
    for (const [name, member] of Object.entries(piece)) {
      if (name === '__proto__' || name === 'index' || member === null) continue;
      if (isObject(member)) foldObject(call, name, member);
      else if (typeof member === 'string') append(call, name, member);
      else call[name] = member;
    }
  }
  return pieces.length > 0;
}

/** Content in parts: neighbouring pieces of text are one part. */
function foldParts(message: JsonObject, pieces: unknown[]): boolean {
  const parts: unknown[] = Array.isArray(message.content)
    ? message.content
    : message.content
      ? [{ type: 'text', text: message.content }]
      : [];
  message.content = parts;
  for (const piece of pieces) {
    const last = parts.at(-1);
    if (!isObject(piece)) parts.push(piece);
    else if (!isObject(last) || last.type !== piece.type || !grew(last, piece)) parts.push(copied(piece));
  }
  return pieces.length > 0;
}

/** Whether a part is the next piece of the one before it: text, or Magistral's thinking, whose text is in parts of its own. */
function grew(last: JsonObject, piece: JsonObject): boolean {
  if (typeof last.text === 'string' && typeof piece.text === 'string') {
    last.text = lengthen(last.text, piece.text);
    return true;
  }
  if (!Array.isArray(last.thinking) || !Array.isArray(piece.thinking)) return false;
  for (const part of piece.thinking) {
    const before: unknown = last.thinking.at(-1);
    if (isObject(before) && isObject(part) && before.type === part.type && grew(before, part)) continue;
    last.thinking.push(isObject(part) ? { ...part } : part);
  }
  return true;
}

/** Of our own, as deep as pieces are appended to it. */
const copied = (part: JsonObject): JsonObject =>
  Array.isArray(part.thinking) ? { ...part, thinking: part.thinking.map((item) => (isObject(item) ? { ...item } : item)) } : { ...part };

function finished(index: number, { message, calls, text, reason }: Choice): JsonObject {
  const answer = calls.size > 0 ? { ...message, tool_calls: [...calls.values()] } : message;
  const isText = text !== undefined && Object.keys(answer).length === 0;
  return { index, ...(isText ? { text } : { message: answer }), ...(reason !== undefined && { finish_reason: reason }) };
}
