import { Binary } from '../binary';
import type { JsonObject } from '../types';
import { base64Type, dataUrl, sniff } from './media';

/** Deeper than any body a model speaks; past it, JSON.stringify and everyone who walks the row would run out of stack. */
const MAX_DEPTH = 64;

/** Strings under these keys are written for people or opaque by design: they stay as they are even when they look like base64. */
const PROSE = new Set([
  ...['text', 'content', 'thinking', 'reasoning', 'reasoning_content', 'signature', 'prompt', 'inputText', 'arguments'],
  ...['encrypted_index', 'encrypted_content', 'encrypted_stdout'],
]);

/** What is known of a place in a value: the key it is under, how deep, and whether that is in the arguments that a model wrote for a tool. */
interface Place {
  key: string;
  depth: number;
  argument: boolean;
}

const TOP: Place = { key: '', depth: 0, argument: false };

/**
 * Any JSON in a form that a row can hold: vectors as their length, base64 runs and data URLs as files, nesting bounded. Everything else stays.
 * @param vector how many numbers in a row are a vector: few where nothing is known of the body, more where a tool's arguments may hold a table
 */
export function readable(value: unknown, vector = 17, place = TOP): unknown {
  if (typeof value === 'string') return readableString(value, place);
  if (typeof value !== 'object' || value === null || isAtom(value)) return value;
  if (place.depth >= MAX_DEPTH) return '[nested deeper]';
  const depth = place.depth + 1;
  if (Array.isArray(value)) {
    if (place.argument ? isVector(value, Math.max(vector, MANY)) && hasFraction(value) : isVector(value, vector))
      return { length: value.length };
    return value.map((item) => readable(item, vector, { ...place, depth }));
  }
  const holder = value as JsonObject;
  // fromEntries defines properties, so that a `__proto__` key of the body stays a key
  return Object.fromEntries(
    Object.entries(holder).map(([name, member]) => {
      if (name === 'content' && typeof member === 'string' && isResult(holder)) return [name, readableResult(member)];
      return [name, readable(member, vector, { key: name, depth, argument: place.argument || isArgument(name, holder, place.key) })];
    }),
  );
}

/** What has no members that say something: an application's own values come here too, and bytes would be walked one by one. */
const isAtom = (value: object) =>
  value instanceof Binary || value instanceof Date || ArrayBuffer.isView(value) || value instanceof ArrayBuffer;

/** `input` of a tool's use, or of a result that repeats it; `arguments` of a function. */
const isArgument = (name: string, holder: JsonObject, key: string) =>
  name === 'arguments' ||
  (name === 'input' && (key === 'toolUse' || (typeof holder.type === 'string' && /tool_(?:use|result)$/.test(holder.type))));

const isResult = ({ type, role }: JsonObject) => type === 'tool_result' || role === 'tool';

/** A result in words stays, however long its words are; one that is a file by its first bytes is a file. */
const readableResult = (text: string) => (text.length > SHORT ? (dataUrl(text) ?? knownFile(text) ?? text) : text);

/** No file is so short. */
const SHORT = 60;

function readableString(text: string, { key, argument }: Place): unknown {
  if (text.length <= SHORT) return text;
  const file = dataUrl(text);
  if (file) return file;
  if (argument) return knownFile(text) ?? text;
  if (PROSE.has(key)) return text;
  const type = base64Type(text);
  return type ? new Binary(text, type) : text;
}

function knownFile(text: string): Binary | undefined {
  const type = sniff(text) && base64Type(text);
  return type ? new Binary(text, type) : undefined;
}

/** So many numbers in a row nobody reads. */
const MANY = 64;

/** Fractions in a row, or so many whole numbers (int8 and binary embeddings) that nobody reads them. A stray null makes no table of it. */
function isVector(items: unknown[], least: number): boolean {
  if (items.length < least) return false;
  const numbers = items.filter((item) => typeof item === 'number');
  if (numbers.length < items.length / 2) return false;
  return items.length >= Math.max(least, MANY) || hasFraction(numbers);
}

const hasFraction = (items: unknown[]) => items.some((item) => typeof item === 'number' && !Number.isInteger(item));
