import { lengthen } from '../lengthen';
import { isObject, string } from '../read';
import type { Accumulator, Family, JsonObject } from '../types';
import { readParameters } from './parameters';
import { readable } from './readable';

/** A body that no family recognises: its JSON as it is, without vectors and file bytes. */
export const unknown: Family = {
  name: 'unknown',
  recognises: () => true,
  request: (body) => ({ input: readable(body), metadata: isObject(body) ? readParameters(body) : {} }),
  response(body) {
    if (!isObject(body)) return { output: readable(body) };
    const stopReason = ['stopReason', 'stop_reason', 'finishReason', 'finish_reason', 'completionReason'].map((name) => string(body[name]));
    const reason = stopReason.find((text) => text !== undefined);
    const own = Object.entries(body).filter(([name]) => !name.startsWith('amazon-bedrock-'));
    return {
      ...(own.length > 0 && { output: readable(Object.fromEntries(own)) }),
      metadata: reason === undefined ? {} : { stopReason: reason },
    };
  },
  accumulator: () => new UnknownStream(),
};

/** Members that name or describe; any other text of a stream is taken for the next piece of one text. */
const ATTRIBUTE = /(id|type|model|role|object|name|reason|status|fingerprint|version|tier)$/i;
/** How deep two chunks are merged. Below, the later one stands. */
const MERGE_DEPTH = 8;

/** Merges chunks member by member: texts grow, lists are merged by position, the rest is overwritten. */
class UnknownStream implements Accumulator {
  #body: JsonObject = {};
  #finished = false;

  add(event: JsonObject): boolean {
    if (!isObject(event)) return false;
    this.#body = merge(this.#body, event, 0);
    this.#finished ||= typeof event.finish_reason === 'string' || typeof event.stop_reason === 'string' || event.is_finished === true;
    return hasText(event, 0);
  }

  response(): JsonObject {
    return this.#body;
  }

  complete(): boolean {
    return this.#finished;
  }
}

/** Never changes `next` (the application's chunk): what is kept of it is copied. */
function merge(into: JsonObject, next: JsonObject, depth: number): JsonObject {
  for (const [name, value] of Object.entries(next)) {
    if (name === '__proto__' || name.startsWith('amazon-bedrock-') || (value === null && name in into)) continue;
    into[name] = mergeValue(Object.hasOwn(into, name) ? into[name] : undefined, value, name, depth);
  }
  return into;
}

function mergeValue(old: unknown, value: unknown, name: string, depth: number): unknown {
  if (typeof value === 'string') return typeof old === 'string' && !ATTRIBUTE.test(name) ? lengthen(old, value) : value;
  if (depth >= MERGE_DEPTH) return value;
  if (Array.isArray(value)) {
    const items: unknown[] = Array.isArray(old) ? old : [];
    for (const [index, item] of value.entries()) items[index] = mergeValue(items[index], item, name, depth + 1);
    return items;
  }
  return isObject(value) ? merge(isObject(old) ? old : {}, value, depth + 1) : value;
}

function hasText(value: unknown, depth: number, name = ''): boolean {
  if (typeof value === 'string') return value !== '' && !ATTRIBUTE.test(name);
  if (typeof value !== 'object' || value === null || depth >= MERGE_DEPTH) return false;
  return Object.entries(value).some(([key, member]) => !key.startsWith('amazon-bedrock-') && hasText(member, depth + 1, key));
}
