import { isObject } from '../../src/read';
import type { JsonObject } from '../../src/types';
import { mutated, randomJson } from '../families/random';
import { HOSTILE } from './hostile';
import type { Call } from './line';

type Next = () => number;

const pick = <T>(list: readonly T[], next: Next): T => list[Math.floor(next() * list.length)] as T;
const below = (most: number, next: Next) => Math.floor(next() * most);

const NAMES = [...Object.keys(HOSTILE), 'getter', 'circle'];
const FORMS = ['callback', 'rejected', 'thrown', 'refused by callback', 'thenable', 'value'] as const;
const COUNTS = [
  'input-token-count',
  'output-token-count',
  'cache-read-input-token-count',
  'cache-write-input-token-count',
  'invocation-latency',
];
const TEXTS = ['-1', 'NaN', '1e999', '', ' ', '0x10', '12', '99999999999999999999', '1.5', 'Infinity'];
const PIECES = ['a', ' ', '\n', '\r\n', '\\', '"', '{', '[', 'A1b', '\ud800', '\u0000', '=', '<', '.', '/', ':'];

/** The call with some of it changed: its values damaged, strange values in them, its bytes cut, its events in another order. */
export function mutant(call: Call, next: Next): Call {
  let changed = call;
  const rounds = 1 + below(3, next);
  for (let round = 0; round < rounds; round++) changed = pick(WAYS, next)(changed, next);
  return changed;
}

const WAYS: readonly ((call: Call, next: Next) => Call)[] = [
  (call, next) => ({ ...call, input: mutated(call.input, next) }),
  (call, next) => ({ ...call, output: mutated(call.output ?? {}, next) }),
  (call, next) => ({ ...call, events: (call.events ?? []).map((event) => (next() < 0.3 ? mutated(event, next) : event)) }),
  (call, next) => ({ ...call, input: changedAt(call.input, next, () => strange(next)) }),
  (call, next) => ({ ...call, output: changedAt(call.output ?? {}, next, () => strange(next)) }),
  (call, next) => withEvent(call, next, (event) => changedAt(event, next, () => strange(next))),
  (call, next) => withEvent(call, next, () => strange(next)),
  (call, next) => withEvent(call, next, (event) => mangledBytes(event, next)),
  (call, next) => ({ ...call, input: mangledBytes(call.input, next) }),
  (call, next) => ({ ...call, output: mangledBytes(call.output ?? {}, next) }),
  (call, next) => ({ ...call, input: changedAt(call.input, next, (node) => enlarged(node, next)) }),
  (call, next) => ({ ...call, output: changedAt(call.output ?? {}, next, (node) => enlarged(node, next)) }),
  (call, next) => withEvent(call, next, (event) => changedAt(event, next, (node) => enlarged(node, next))),
  (call, next) => ({ ...call, events: shuffled(call.events ?? [], next) }),
  (call, next) => ({ ...call, form: pick(FORMS, next), ...(next() < 0.5 && { error: strange(next) }) }),
  (call, next) => ({ ...call, consumer: pick(['break', 'throw'] as const, next) }),
  (call, next) => ({ ...call, failure: next() < 0.5 ? true : strange(next) }),
  (call, next) => ({ ...call, headers: headers(next) }),
  (call, next) => ({ ...call, input: changedAt(call.input, next, (node, key) => (key === 'modelId' ? modelId(next) : node), 1) }),
];

/** A value that nobody expects there. */
function strange(next: Next): unknown {
  if (next() < 0.25) return randomJson(next, 2);
  if (next() < 0.2) return { $text: [pick(PIECES, next), below(20_000, next)] };
  return { $hostile: pick(NAMES, next) };
}

/** More of the same: a long text, a long list, deep nesting. */
function enlarged(node: unknown, next: Next): unknown {
  const draw = next();
  if (draw < 0.3 && typeof node === 'string')
    return node.slice(0, below(node.length + 1, next)) + pick(PIECES, next).repeat(below(5000, next)) + node;
  if (draw < 0.6) return { $list: [node, below(300, next)] };
  if (draw < 0.8)
    return { $nested: [pick(['content', 'text', 'toolResult', 'items', '__proto__', 'message'], next), below(300, next), node] };
  return [node];
}

/** A copy with one node, anywhere, changed. */
function changedAt(value: unknown, next: Next, change: (node: unknown, key: string) => unknown, chance = 0.12, key = ''): unknown {
  if (typeof value !== 'object' || value === null || (key !== '' && next() < chance)) return change(value, key);
  if (Array.isArray(value)) {
    const at = below(value.length, next);
    return value.map((item, index) => (index === at ? changedAt(item, next, change, chance, `${index}`) : item));
  }
  const entries = Object.entries(value);
  const at = chance === 1 ? entries.findIndex(([name]) => name === 'modelId') : below(entries.length, next);
  return Object.fromEntries(
    entries.map(([name, member], index) => [name, index === at ? changedAt(member, next, change, chance, name) : member]),
  );
}

function withEvent(call: Call, next: Next, change: (event: unknown) => unknown): Call {
  const events = call.events ?? [];
  const at = below(events.length, next);
  return { ...call, events: events.map((event, index) => (index === at ? change(event) : event)) };
}

/** Bytes that were JSON, with some of them flipped, cut out, put in or said twice. */
function mangledBytes(value: unknown, next: Next, depth = 0): unknown {
  if (depth > 100) return value;
  if (Array.isArray(value)) return value.map((item) => mangledBytes(item, next, depth + 1));
  if (!isObject(value)) return value;
  if ('$json' in value || '$bytes' in value) {
    const bytes = '$json' in value ? Buffer.from(JSON.stringify(value.$json)) : Buffer.from(String(value.$bytes), 'base64');
    return { $bytes: mangled(bytes, next).toString('base64') };
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, mangledBytes(member, next, depth + 1)]));
}

function mangled(bytes: Buffer, next: Next): Buffer {
  let result = Buffer.from(bytes);
  for (let round = 1 + below(4, next); round > 0; round--) {
    const at = below(result.length, next);
    const to = at + below(result.length - at, next);
    const way = below(6, next);
    if (way === 0 && result.length > 0) result[at] = below(256, next);
    else if (way === 1) result = result.subarray(0, at);
    else if (way === 2) result = Buffer.concat([result.subarray(0, at), result.subarray(to)]);
    else if (way === 3) result = Buffer.concat([result.subarray(0, to), result.subarray(at)]);
    else if (way === 4)
      result = Buffer.concat([result.subarray(0, at), Buffer.from(pick(PIECES, next).repeat(below(50, next))), result.subarray(at)]);
    else result = Buffer.concat([result.subarray(0, at), Buffer.from([0xff, 0xfe, 0xc3]), result.subarray(at)]);
  }
  return result;
}

function shuffled(events: unknown[], next: Next): unknown[] {
  const way = below(5, next);
  if (way === 0) return [...events].reverse();
  if (way === 1) return events.filter(() => next() < 0.7);
  if (way === 2) return events.flatMap((event) => (next() < 0.3 ? [event, event] : [event]));
  if (way === 3) return events.slice(0, below(events.length, next));
  return [...events]
    .map((event) => ({ event, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ event }) => event);
}

function headers(next: Next): JsonObject {
  const counts = COUNTS.map((name) => [`x-amzn-bedrock-${name}`, next() < 0.8 ? pick(TEXTS, next) : strange(next)]);
  return {
    ...Object.fromEntries(counts),
    'content-type': pick(['application/vnd.amazon.eventstream', ''], next),
    'x-amzn-requestid': strange(next),
  };
}

function modelId(next: Next): unknown {
  if (next() < 0.2) return strange(next);
  const parts = [
    'arn:aws:bedrock:',
    'us-east-1',
    ':123456789012:',
    'inference-profile/',
    'custom-model/',
    'us.',
    'anthropic',
    '.',
    'amazon.nova-lite-v1:0',
    '__proto__',
  ];
  return Array.from({ length: 1 + below(5, next) }, () => pick(parts, next)).join('') + pick(PIECES, next).repeat(below(3000, next));
}
