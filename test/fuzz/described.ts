import { isObject } from '../../src/read';
import { HOSTILE, Hostile } from './hostile';

/*
 * Values of a call as JSON that a file can hold. An object with one of these keys alone stands for what JSON cannot say:
 *
 *   { "$hostile": "name" }        a value of hostile.ts, or `getter` (reading the member throws), or `circle` (the object around it)
 *   { "$bytes": "base64" }        bytes
 *   { "$json": … }                the bytes of a JSON text
 *   { "$text": ["ab", 3] }        ababab
 *   { "$list": [item, 3] }        [item, item, item]
 *   { "$nested": ["key", 3, x] }  { key: { key: { key: x } } }
 *   { "$stream": [event, …] }     an async iterable
 */

/** The value that a description stands for. What is plain is frozen all the way: whoever changes it throws. */
export function revived(described: unknown): unknown {
  return revive(described, undefined);
}

function revive(described: unknown, holder: object | undefined): unknown {
  if (typeof described !== 'object' || described === null) return described;
  if (Array.isArray(described)) {
    const list: unknown[] = [];
    for (const [index, item] of described.entries()) put(list, index, item);
    return Object.freeze(list);
  }
  const [key, value] = Object.entries(described)[0] ?? [];
  if (key !== undefined && Object.keys(described).length === 1 && Object.hasOwn(SPECIAL, key)) return SPECIAL[key]?.(value, holder);
  const object = {};
  for (const [name, member] of Object.entries(described)) put(object, name, member);
  return Object.freeze(object);
}

function put(holder: object, key: string | number, described: unknown): void {
  const isGetter = isObject(described) && described.$hostile === 'getter';
  Object.defineProperty(holder, key, {
    enumerable: true,
    configurable: true,
    ...(isGetter ? { get: refuse } : { value: revive(described, holder), writable: true }),
  });
}

const refuse = () => {
  throw new Hostile('hostile');
};

const SPECIAL: Readonly<Record<string, (value: unknown, holder: object | undefined) => unknown>> = {
  $hostile: (name, holder) =>
    name === 'circle' ? holder : typeof name === 'string' && Object.hasOwn(HOSTILE, name) ? HOSTILE[name]?.() : undefined,
  $bytes: (base64) => Uint8Array.from(Buffer.from(typeof base64 === 'string' ? base64 : '', 'base64')),
  $json: (value) => Uint8Array.from(Buffer.from(JSON.stringify(plainJson(value)) ?? '')),
  $text: (pair) => (Array.isArray(pair) && typeof pair[0] === 'string' ? pair[0].repeat(times(pair[1])) : ''),
  $list: (pair) => (Array.isArray(pair) ? new Array(times(pair[1])).fill(revive(pair[0], undefined)) : []),
  $nested: (triple) => (Array.isArray(triple) ? nested(triple, revive(triple[2], undefined)) : {}),
  $stream: (events) => streamOf(Array.isArray(events) ? events.map((event) => revive(event, undefined)) : []),
};

/** What of a description can stand in a JSON text: repeated and nested values are written out, the others are not JSON. */
function plainJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plainJson);
  if (!isObject(value)) return null;
  const { $text, $list, $nested, $hostile, $stream } = value;
  if ($text !== undefined) return revive(value, undefined);
  if ($hostile !== undefined || $stream !== undefined) return null;
  if (Array.isArray($list)) return Array.from({ length: times($list[1]) }, () => plainJson($list[0]));
  if (Array.isArray($nested)) return nested($nested, plainJson($nested[2]));
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plainJson(member)]));
}

function nested([key, depth]: unknown[], bottom: unknown): unknown {
  let value = bottom;
  for (let left = times(depth); left > 0; left--) value = Object.fromEntries([[typeof key === 'string' ? key : '', value]]);
  return value;
}

/** Descriptions are damaged, too. */
const times = (count: unknown) => (typeof count === 'number' ? Math.min(Math.max(Math.trunc(count), 0), 100_000) || 0 : 0);

/** Read once, event by event, as the SDK's streams are. */
export function streamOf(events: readonly unknown[], failure?: { error: unknown }): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]() {
      let index = 0;
      return {
        async next() {
          if (index < events.length) return { done: false, value: events[index++] };
          if (failure) throw failure.error;
          return { done: true, value: undefined };
        },
        async return() {
          return { done: true, value: undefined };
        },
      };
    },
  };
}
