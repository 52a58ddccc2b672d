import { Binary } from '../binary';
import { base64Type, dataUrl } from './media';

/** Deeper than any body a model speaks; past it, JSON.stringify and everyone who walks the row would run out of stack. */
const MAX_DEPTH = 64;

/** Strings under these keys are written for people or opaque by design: they stay as they are even when they look like base64. */
const PROSE = new Set(['text', 'content', 'thinking', 'reasoning', 'reasoning_content', 'signature', 'prompt', 'inputText', 'arguments']);

/**
 * Any JSON in a form that a row can hold: vectors as their length, base64 runs and data URLs as files, nesting bounded. Everything else stays.
 * @param vector how many numbers in a row are a vector: few where nothing is known of the body, more where a tool's arguments may hold a table
 */
export function readable(value: unknown, vector = 17, depth = 0, key = ''): unknown {
  if (typeof value === 'string') return readableString(value, key);
  if (typeof value !== 'object' || value === null || value instanceof Binary) return value;
  if (depth >= MAX_DEPTH) return '[nested deeper]';
  if (Array.isArray(value)) {
    if (isVector(value, vector)) return { length: value.length };
    return value.map((item) => readable(item, vector, depth + 1, key));
  }
  // fromEntries defines properties, so that a `__proto__` key of the body stays a key
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, readable(member, vector, depth + 1, name)]));
}

function readableString(text: string, key: string): unknown {
  if (text.length <= 60) return text;
  const file = dataUrl(text);
  if (file) return file;
  if (PROSE.has(key)) return text;
  const type = base64Type(text);
  return type ? new Binary(text, type) : text;
}

/** Fractions in a row, or so many whole numbers (int8 and binary embeddings) that nobody reads them. A stray null makes no table of it. */
function isVector(items: unknown[], least: number): boolean {
  if (items.length < least) return false;
  const numbers = items.filter((item) => typeof item === 'number');
  if (numbers.length < items.length / 2) return false;
  return items.length >= Math.max(least, 64) || numbers.some((item) => !Number.isInteger(item));
}
