import { isObject } from '../../src/read';
import type { Call } from './line';

/** The same stream, with some of its texts in two events instead of one. */
export function splits(call: Call, next: () => number): Call {
  const events = (call.events ?? []).flatMap((event) => (next() < 0.4 ? halves(event, next) : [event]));
  return { ...call, events };
}

/** Where each format has a piece of text, as a path from the event. */
const PATHS: readonly string[][] = [
  ['contentBlockDelta', 'delta', 'text'],
  ['contentBlockDelta', 'delta', 'reasoningContent', 'text'],
  ['contentBlockDelta', 'delta', 'toolUse', 'input'],
  ['chunk', 'bytes', '$json', 'contentBlockDelta', 'delta', 'text'],
  ['chunk', 'bytes', '$json', 'delta', 'text'],
  ['chunk', 'bytes', '$json', 'delta', 'thinking'],
  ['chunk', 'bytes', '$json', 'delta', 'partial_json'],
  ['chunk', 'bytes', '$json', 'generation'],
  ['chunk', 'bytes', '$json', 'outputText'],
];

function halves(event: unknown, next: () => number): unknown[] {
  for (const path of PATHS) {
    const text = at(event, path);
    if (typeof text !== 'string' || text.length < 2 || !/^[ -~]*$/.test(text)) continue;
    // what ends the answer must come once
    if (/"(?:stop_reason|completionReason)":"|invocationMetrics/.test(JSON.stringify(event))) return [event];
    const middle = 1 + Math.floor(next() * (text.length - 1));
    return [put(event, path, text.slice(0, middle)), put(event, path, text.slice(middle))];
  }
  return [event];
}

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), value);

function put(value: unknown, [name, ...rest]: readonly string[], text: string): unknown {
  if (name === undefined) return text;
  return isObject(value) ? { ...value, [name]: put(value[name], rest, text) } : value;
}
