import { randomUUID } from 'node:crypto';
import { putText } from './as-written';
import { Binary, mayBeAttached } from './binary';
import { config } from './config';
import { UNREADABLE } from './copy';
import { Allowance } from './policy';
import { isObject, listFor } from './read';
import type { ErrorField, Fields, JsonObject } from './types';
import { hasRoom } from './upload';
import { errorWithoutContent, withoutContent } from './without-content';

/** A file that is to be uploaded, and what stands in its place in the row. */
export interface Upload {
  reference: { type: 'braintrust_attachment'; filename: string; content_type: string; key: string };
  binary: Binary;
}

/** A copy of the call's content that nobody else holds. */
export interface Snapshot {
  value: Fields;
  /** Where files stand in it, until `place` decides what the row gets in their place. */
  files: { holder: object; key: string | number; binary: Binary; byteLength: number }[];
}

/** No tool call is this deep; a deeper value is hostile or a mistake. */
const MAX_DEPTH = 100;

/** What the reference to a file takes in a row; what a summary of bytes does; what a number does that is not a small one. */
const REFERENCE_BYTES = 160;
const SUMMARY_BYTES = 24;
const NUMBER_BYTES = 16;
/** A body may say anything of its files: RFC 6838 has 127 characters for each side of the slash. */
const LONGEST_TYPE = 255;
/** An integer of more digits than this is no number that somebody reads. */
const LONGEST = 10n ** 400n;

/**
 * What may stand in a row of what a reader has found: a copy that the application cannot change any more, plain JSON that every logger can
 * write, within the limits, redacted, and without content where that is switched off. The one place where the content policy is applied.
 */
export function snapshot({ input, output, metadata, metrics }: Fields): Snapshot {
  const files: Snapshot['files'] = [];
  const copied: Fields = {};
  if (metrics) copied.metrics = { ...metrics };
  if (input !== undefined) copied.input = new Copy(files, copied, 'input').of(input);
  if (output !== undefined) copied.output = new Copy(files, copied, 'output').of(output);
  const about = new Copy(files, copied, 'metadata').of(metadata ?? {});
  if (isObject(about)) copied.metadata = about;
  return config().content ? { value: copied, files } : { value: withoutContent(copied), files: [] };
}

/** The error of a row under the same policy. */
export function errorContent(error: ErrorField): unknown {
  if (!config().content) return errorWithoutContent(error);
  return new Copy([], {}, 'error').of(error);
}

/** Copies one field. Texts and the bytes of files are shared: by now they are ours (copy.ts), or nobody's. */
class Copy {
  readonly #allowance = new Allowance();
  readonly #path: object[] = [];

  constructor(
    private readonly files: Snapshot['files'],
    private readonly root: object,
    private readonly rootKey: string,
  ) {}

  of(value: unknown): unknown {
    try {
      return this.#copy(value, this.root, this.rootKey);
    } catch {
      return UNREADABLE;
    }
  }

  #copy(source: unknown, holder: object, key: string | number): unknown {
    if (typeof source === 'string') return this.#text(source);
    if (typeof source === 'boolean' || source === null) return source;
    if (typeof source === 'number') return this.#number(source);
    if (typeof source === 'bigint') return this.#bigint(source);
    if (typeof source !== 'object') return undefined;
    if (source instanceof Binary) return this.#file(source, holder, key);
    if (ArrayBuffer.isView(source) || source instanceof ArrayBuffer) return this.#summary({ byteLength: source.byteLength });
    if (source instanceof Date) return Number.isNaN(source.getTime()) ? 'Invalid Date' : source.toISOString();
    if (this.#path.includes(source)) return '[circular]';
    if (this.#path.length >= MAX_DEPTH) return '[too deep]';
    this.#path.push(source);
    try {
      return Array.isArray(source) ? this.#list(source) : this.#object(source);
    } finally {
      this.#path.pop();
    }
  }

  #text(source: string): string {
    const text = this.#allowance.text(source);
    putText(text, this.#allowance.isAscii);
    return text;
  }

  #number(source: number): unknown {
    if (!Number.isFinite(source)) return String(source);
    this.#allowance.spend(Number.isInteger(source) && Math.abs(source) < 1e8 ? 0 : NUMBER_BYTES);
    return source;
  }

  #bigint(source: bigint): unknown {
    // longer ones take longer than their size to be written out
    return source < LONGEST && source > -LONGEST ? this.#allowance.text(String(source)) : '[long integer]';
  }

  #summary(summary: object): object {
    this.#allowance.spend(SUMMARY_BYTES);
    return summary;
  }

  #list(source: unknown[]): unknown[] {
    const target = listFor(source);
    let count = 0;
    while (count < source.length) {
      const index = count++;
      if (!this.#allowance.member()) {
        target[index] = `[${source.length - index} of ${source.length} items cut]`;
        break;
      }
      target[index] = this.#member(source, index, target, index) ?? null;
    }
    target.length = count;
    return target;
  }

  #object(source: object): unknown {
    if (isStream(source))
      return { type: typeof source.constructor === 'function' ? this.#allowance.text(source.constructor.name) : 'Object' };
    const target: JsonObject = {};
    const names = Object.keys(source);
    for (let index = 0; index < names.length; index++) {
      const name = names[index] ?? '';
      if (!this.#allowance.member()) {
        target['…'] = `[${names.length - index} of ${names.length} members cut]`;
        break;
      }
      const key = this.#allowance.key(name);
      const member = this.#member(source, name, target, key);
      // Assigning to `__proto__` would change the copy's prototype instead.
      if (key === '__proto__') Object.defineProperty(target, key, { value: member, enumerable: true, configurable: true, writable: true });
      else if (member !== undefined) target[key] = member;
    }
    return target;
  }

  /** A getter or a Proxy of the application's may throw: that member is lost, and no more. */
  #member(source: object, key: string | number, holder: object, at: string | number): unknown {
    try {
      return this.#copy((source as JsonObject)[key], holder, at);
    } catch {
      return UNREADABLE;
    }
  }

  #file(binary: Binary, holder: object, key: string | number): unknown {
    const { byteLength, data, filename } = binary;
    const contentType = binary.contentType.length <= LONGEST_TYPE ? binary.contentType : 'application/octet-stream';
    if (mayBeAttached(0) && byteLength > 0) {
      // Past the limit it is counted, which keeps the span's other files from being attached, and not kept.
      const own = mayBeAttached(byteLength) ? data : '';
      const file = new Binary(own, contentType, filename && this.#allowance.text(filename));
      this.files.push({ holder, key, byteLength: binary.unkept ? Number.POSITIVE_INFINITY : byteLength, binary: file });
    }
    this.#allowance.spend(REFERENCE_BYTES);
    return { byteLength, contentType };
  }
}

/** Something that bytes come from later. A plain object is read as one, whatever it can do (as in copy.ts). */
const isStream = (source: object): boolean =>
  Object.getPrototypeOf(source) !== Object.prototype &&
  (Symbol.asyncIterator in source || source instanceof ReadableStream || source instanceof Blob);

/**
 * Puts attachment references in the places of a row's files, all of them or none: together they stay within the limit,
 * or each remains the summary of what it was.
 */
export function attach(files: Snapshot['files']): Upload[] {
  const total = files.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (files.length === 0 || !mayBeAttached(total) || !hasRoom(files.length, total)) return [];
  return files.map(({ holder, key, binary }) => {
    const reference = {
      type: 'braintrust_attachment' as const,
      filename: binary.filename ?? `file.${binary.contentType.split('/')[1]?.split(/[+;]/)[0] ?? 'bin'}`,
      content_type: binary.contentType,
      key: randomUUID(),
    };
    Reflect.set(holder, key, reference);
    return { reference, binary };
  });
}

/** A row's JSON with the sizes of its files in the places of their references: nobody will upload them. */
export const detached = (json: string, uploads: readonly Upload[]): string =>
  uploads.reduce((row, { reference, binary: { byteLength, contentType } }) => {
    return row.replace(JSON.stringify(reference), () => JSON.stringify({ byteLength, contentType }));
  }, json);
