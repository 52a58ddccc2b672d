import type { JsonObject } from './types';

/** Narrowing of outside data. Each gives `undefined` for anything that is not what its name says. */
export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
export const object = (value: unknown): JsonObject | undefined => (isObject(value) ? value : undefined);
export const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
export const string = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
export const number = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);

/** `objects(value).map(make)`, without the list in between: a conversation has hundreds of messages, and each a list of its own. */
export function eachObject<T>(value: unknown, make: (one: JsonObject) => T): T[] {
  if (!Array.isArray(value)) return [];
  const made: T[] = listFor(value);
  let count = 0;
  for (const one of value) if (isObject(one)) made[count++] = make(one);
  made.length = count;
  return made;
}

/** A list for the copies of what is in another one: one that grows from nothing has room for seventeen members as soon as it has one. */
export const listFor = <T>({ length }: unknown[]): T[] => (length > 0 && length <= MOST_ROOM ? new Array(Math.trunc(Number(length))) : []);

const MOST_ROOM = 1024;

/** The object without the members that are undefined or null. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined | null> } {
  const result = {} as Record<string, unknown>;
  for (const key of Object.keys(value)) {
    const member: unknown = Reflect.get(value, key);
    if (member !== undefined && member !== null) result[key] = member;
  }
  return result as { [K in keyof T]: Exclude<T[K], undefined | null> };
}

/** The members of `source` with these names that are present, under the same names; `into` gets them, where it is there. */
export function pick(source: JsonObject, names: readonly string[], into: JsonObject = {}): JsonObject {
  for (const name of names) if (source[name] !== undefined && source[name] !== null) into[name] = source[name];
  return into;
}

/**
 * Puts the members of an object of ours into another one, and gives that. What is spread behind something else V8 defines one by one, in C++,
 * and what comes after a spread it finds in no cache.
 */
export function put<T extends object>(target: T, source: T | undefined): T {
  const [to, from] = [target as JsonObject, source as JsonObject | undefined];
  if (from) for (const name of Object.keys(from)) to[name] = from[name];
  return target;
}

/** The parsed JSON, or the text itself where it is not JSON (models write malformed tool arguments). */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Unix seconds of a time as the SDK gives it (a Date) or as JSON has it. */
export function seconds(value: unknown): number | undefined {
  const time = value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isFinite(time) ? time / 1000 : undefined;
}
