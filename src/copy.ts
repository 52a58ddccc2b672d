import { Binary, mayBeAttached, Unkept } from './binary';
import { config } from './config';
import { guard } from './guard';
import { isObject, listFor } from './read';
import type { JsonObject } from './types';

/** Deeper than anything that is recorded: content.ts stops at a hundred, and readers add a few levels of their own. */
const MAX_DEPTH = 128;

/** No call has so many members, nor a row room for them unless its limit is raised. What comes after them is not kept. */
const MOST_MEMBERS = 1_000_000;

/** What stands in the place of a value that throws when it is read. */
export const UNREADABLE = '[unreadable]';

/** What an application has given or been given, as it was at that moment. */
export interface Kept {
  value: JsonObject;
  /** About how many bytes are held by it, texts that are shared included. */
  size: number;
}

/**
 * A copy of an object's structure that the application cannot change any more: its objects and lists are new, its texts are shared. The only
 * work that is done before the application goes on: reading, the content policy and writing come later.
 */
export function keep(value: unknown): Kept {
  const copier = new Copier();
  const copy = guard('copy', () => copier.of(value, '', 0));
  return { value: isObject(copy) ? copy : {}, size: copier.size };
}

/** The same of any value. */
export const copyOf = (value: unknown): unknown => new Copier().of(value, '', 0);

class Copier {
  size = 0;
  #left = Math.max(MOST_MEMBERS, config().maxFieldBytes / 2);
  /** What the value stands in that is being copied, from the outside in. */
  readonly #path: object[] = [];
  /** Bytes of files so far. */
  #files = 0;

  of(source: unknown, name: string, depth: number): unknown {
    if (typeof source === 'string') {
      this.size += source.length;
      return source;
    }
    if (typeof source !== 'object' || source === null) return source;
    if (this.#left-- < 0) return undefined;
    if (depth > MAX_DEPTH) return '[too deep]';
    const path = this.#path;
    for (let above = 0; above < depth; above++) if (path[above] === source) return '[circular]';
    path[depth] = source;
    return Array.isArray(source) ? this.#list(source, depth + 1) : this.#object(source, name, depth + 1);
  }

  #list(source: unknown[], depth: number): unknown[] {
    const target = listFor(source);
    let index = 0;
    for (; index < source.length && this.#left >= 0; index++) {
      this.#left--;
      // A getter or a Proxy of the application's may throw: that member is lost, and no more.
      try {
        target[index] = this.of(source[index], '', depth);
      } catch {
        target[index] = UNREADABLE;
      }
    }
    target.length = index;
    return target;
  }

  #object(source: object, name: string, depth: number): unknown {
    const prototype: unknown = Object.getPrototypeOf(source);
    if (prototype !== Object.prototype && prototype !== null && isWhole(source)) return this.#whole(source, name);
    const target: JsonObject = {};
    for (const key of Object.keys(source)) {
      if (this.#left-- < 0) break;
      let member: unknown;
      try {
        member = this.of((source as JsonObject)[key], key, depth);
      } catch {
        member = UNREADABLE;
      }
      // Assigning to `__proto__` would change the copy's prototype instead.
      if (key === '__proto__') Object.defineProperty(target, key, { value: member, enumerable: true, configurable: true, writable: true });
      else target[key] = member;
    }
    return target;
  }

  /**
   * Bytes are copied where they will be read: those of a model's body, and those of files that will be attached. Of others only the size is told.
   */
  #whole(source: object, name: string): object {
    const isBytes = source instanceof Uint8Array || source instanceof ArrayBuffer;
    if (!isBytes) return source;
    // Files are attached together or not at all.
    if (name === 'bytes') this.#files += source.byteLength;
    if (name === 'bytes' && !mayBeAttached(this.#files)) return new Unkept(source.byteLength);
    this.size += source.byteLength;
    if (name !== 'body' && !mayBeAttached(source.byteLength)) return source;
    return new Uint8Array(source instanceof ArrayBuffer ? source.slice(0) : source);
  }
}

/** What is no structure of members: bytes, dates, files, streams. */
const isWhole = (source: object): boolean =>
  ArrayBuffer.isView(source) ||
  source instanceof ArrayBuffer ||
  source instanceof Date ||
  source instanceof Binary ||
  source instanceof Blob ||
  source instanceof String ||
  Symbol.asyncIterator in source ||
  Symbol.iterator in source ||
  source instanceof ReadableStream;
