import { isObject, number, object, string } from '../read';
import type { Accumulator, JsonObject } from '../types';

/** The events of Cohere's second chat format, of which each brings a piece of `delta.message`. */
const EVENTS: ReadonlySet<unknown> = new Set([
  'message-start',
  'content-start',
  'content-delta',
  'content-end',
  'tool-plan-delta',
  'tool-call-start',
  'tool-call-delta',
  'tool-call-end',
  'citation-start',
  'citation-end',
  'message-end',
]);

export const isV2Event = (body: JsonObject) => EVENTS.has(body.type);

export function isV2Response(body: JsonObject): boolean {
  const message = object(body.message);
  return message !== undefined && [message.content, message.tool_calls].some(Array.isArray);
}

/** `messages`, as in OpenAI's format, with what only Cohere asks with. */
export const isV2Request = (body: JsonObject) =>
  Array.isArray(body.messages) &&
  (Array.isArray(body.documents) || isObject(body.citation_options) || typeof body.safety_mode === 'string');

/** The members of `message` that are lists, in which an event says by its `index` which item it is of. */
const LISTS = ['content', 'tool_calls', 'citations'] as const;
/** Members that are said once; every other text is the next piece of one. */
const ONCE = new Set(['id', 'type', 'role', 'name']);

/** Folds message-start … message-end into the answer. */
export class CohereV2Stream implements Accumulator {
  readonly #body: JsonObject = {};
  readonly #message: JsonObject = {};
  readonly #lists = new Map<string, Map<number, JsonObject>>();
  #ended = false;

  add(event: JsonObject): boolean {
    const delta = object(event.delta) ?? {};
    const message = object(delta.message) ?? {};
    if (event.type === 'message-start' && typeof event.id === 'string') this.#body.id = event.id;
    if (event.type === 'message-end') {
      this.#ended = true;
      for (const name of ['finish_reason', 'usage']) if (delta[name] !== undefined) this.#body[name] = delta[name];
      return false;
    }
    let content = false;
    if (typeof message.role === 'string') this.#message.role = message.role;
    if (typeof message.tool_plan === 'string' && message.tool_plan !== '') {
      this.#message.tool_plan = (string(this.#message.tool_plan) ?? '') + message.tool_plan;
      content = true;
    }
    for (const name of LISTS) {
      const piece = message[name];
      if (!isObject(piece)) continue;
      const items = this.#lists.get(name) ?? new Map<number, JsonObject>();
      this.#lists.set(name, items);
      const index = number(event.index) ?? 0;
      const item = items.get(index) ?? {};
      items.set(index, item);
      const grew = fold(item, piece, name === 'citations' ? 0 : 2);
      content = (name !== 'citations' && (grew || name === 'tool_calls')) || content;
    }
    return content;
  }

  response(): JsonObject {
    const lists = [...this.#lists].map(([name, items]) => [name, [...items].sort(([a], [b]) => a - b).map(([, item]) => item)]);
    return { ...this.#body, message: { role: 'assistant', ...this.#message, content: [], ...Object.fromEntries(lists) } };
  }

  complete(): boolean {
    return this.#ended;
  }
}

/** Copies what a piece says into `into`, to where texts grow. */
function fold(into: JsonObject, piece: JsonObject, depth: number): boolean {
  let grew = false;
  for (const [name, value] of Object.entries(piece)) {
    if (name === '__proto__' || value === null) continue;
    const old = into[name];
    if (typeof value === 'string' && !ONCE.has(name)) {
      into[name] = depth > 0 && typeof old === 'string' ? old + value : value;
      grew = value !== '' || grew;
    } else if (isObject(value) && depth > 0) {
      const inner = isObject(old) ? old : {};
      into[name] = inner;
      grew = fold(inner, value, depth - 1) || grew;
    } else into[name] = value;
  }
  return grew;
}
