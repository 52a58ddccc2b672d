import type { JsonWriter } from './json-writer';
import type { JsonObject } from './types';

/** Deeper than any row that is ours (content.ts). */
const MAX_DEPTH = 128;
/** About how many bytes: no row has room for more, unless its limits are raised. */
const MOST = 32 * 1024 * 1024;
const MEMBER_BYTES = 16;

/**
 * Writes what a row is made of as `JSON.stringify` does: lists, plain objects, texts, numbers. Texts are what it takes long for, and these go to
 * `long`; to leave a mark for each and to look for the marks in what V8 has written costs more than the rest of the row.
 * @param long writes a text of at least `length` characters
 * @returns false where there is something else, which only `JSON.stringify` can write: then what has been written is worth nothing
 */
export function writeJson(writer: JsonWriter, row: object, length: number, long: (text: string) => void): boolean {
  let left = MOST;
  /** What the value stands in that is being written, from the outside in. */
  const path: object[] = [];
  const one = (value: unknown, depth: number): boolean => {
    left -= MEMBER_BYTES + (typeof value === 'string' ? value.length : 0);
    if (left < 0) return false;
    if (typeof value === 'string') {
      if (value.length < length) writer.short(value);
      else long(value);
      return true;
    }
    if (typeof value === 'object' && value !== null) {
      if (depth === MAX_DEPTH || (value as JsonObject).toJSON !== undefined) return false;
      for (let above = 0; above < depth; above++) if (path[above] === value) return false;
      path[depth] = value;
      return members(value, depth + 1);
    }
    if (typeof value === 'bigint' || typeof value === 'function') return false;
    // In a list `null` stands for what is no JSON.
    writer.json(typeof value === 'boolean' || Number.isFinite(value) ? String(value) : 'null');
    return true;
  };
  const members = (value: object, depth: number): boolean => {
    if (Array.isArray(value)) {
      const count = value.length;
      writer.byte(LIST);
      for (let index = 0; index < count; index++) {
        if (index > 0) writer.byte(COMMA);
        if (!one(value[index], depth)) return false;
      }
      writer.byte(LIST_END);
      return true;
    }
    // A number in an object, a Date, what a class of others is, has JSON of its own.
    if (Object.getPrototypeOf(value) !== Object.prototype) return false;
    writer.byte(OBJECT);
    let isFirst = true;
    // Makes no list, and is three times as quick as `Object.keys`. It would find what all objects have been given, too.
    for (const key in value) {
      const member: unknown = (value as JsonObject)[key];
      if (member === undefined || typeof member === 'symbol') continue;
      if (!isFirst) writer.byte(COMMA);
      isFirst = false;
      writer.short(key);
      writer.byte(COLON);
      if (!one(member, depth)) return false;
    }
    writer.byte(OBJECT_END);
    return true;
  };
  for (const _ in ALL) return false;
  return one(row, 0);
}

/** Has what the application has given to all objects. */
const ALL = {};

const LIST = 0x5b;
const LIST_END = 0x5d;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;
const COMMA = 0x2c;
const COLON = 0x3a;
