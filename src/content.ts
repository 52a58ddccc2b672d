import { randomUUID } from 'node:crypto';
import { Binary } from './binary';
import { config } from './config';

/** A file that is to be uploaded, and what stands in its place in the row. */
export interface Upload {
  reference: { type: 'braintrust_attachment'; filename: string; content_type: string; key: string };
  binary: Binary;
}

/** A copy of the call's content that nobody else holds. */
export interface Snapshot<T> {
  value: T;
  /** Where files stand in it, until `place` decides what the row gets in their place. */
  files: { holder: object; key: string | number; binary: Binary }[];
}

/** No tool call is this deep; a deeper value is hostile or a mistake. */
const MAX_DEPTH = 100;

/**
 * Copies a value so that nothing the application does afterwards shows in the row, into plain JSON that every logger can write.
 * Strings are shared, structures copied, bytes copied only where they will be uploaded.
 */
export function snapshot<T>(value: T): Snapshot<T> {
  const files: Snapshot<T>['files'] = [];
  const path = new Set<object>();

  const copy = (source: unknown, holder: object, key: string | number): unknown => {
    if (typeof source === 'string' || typeof source === 'boolean' || source === null) return source;
    if (typeof source === 'number') return Number.isFinite(source) ? source : String(source);
    if (typeof source === 'bigint') return String(source);
    if (typeof source !== 'object') return undefined;
    if (source instanceof Binary) return file(source, holder, key);
    if (ArrayBuffer.isView(source) || source instanceof ArrayBuffer) return { byteLength: source.byteLength };
    if (source instanceof Date) return Number.isNaN(source.getTime()) ? 'Invalid Date' : source.toISOString();
    if (path.has(source)) return '[circular]';
    if (path.size >= MAX_DEPTH) return '[too deep]';
    path.add(source);
    try {
      return Array.isArray(source) ? copyArray(source) : copyObject(source);
    } finally {
      path.delete(source);
    }
  };
  const copyArray = (source: unknown[]) => {
    const target: unknown[] = [];
    for (let index = 0; index < source.length; index++) target.push(read(source, index, target, index) ?? null);
    return target;
  };
  const copyObject = (source: object) => {
    if (Symbol.asyncIterator in source || source instanceof ReadableStream || source instanceof Blob)
      return { type: source.constructor?.name ?? 'stream' };
    const target: Record<string, unknown> = {};
    for (const key of Object.keys(source)) {
      const member = read(source, key, target, key);
      // Assigning to `__proto__` would change the copy's prototype instead.
      if (key === '__proto__') Object.defineProperty(target, key, { value: member, enumerable: true, configurable: true, writable: true });
      else if (member !== undefined) target[key] = member;
    }
    return target;
  };
  const read = (source: object, key: string | number, holder: object, at: string | number): unknown => {
    try {
      return copy(Reflect.get(source, key), holder, at);
    } catch {
      return '[unreadable]';
    }
  };
  const file = (binary: Binary, holder: object, key: string | number) => {
    const summary = { byteLength: binary.byteLength, contentType: binary.contentType };
    if (!config().attachments || binary.byteLength === 0 || binary.byteLength > config().maxAttachmentBytes) return summary;
    files.push({
      holder,
      key,
      binary: new Binary(typeof binary.data === 'string' ? binary.data : Uint8Array.from(binary.data), binary.contentType, binary.filename),
    });
    return summary;
  };

  const holder: { value?: T } = {};
  Object.assign(holder, { value: read({ value }, 'value', holder, 'value') });
  return { value: (holder.value ?? value) as T, files };
}

/**
 * Puts attachment references in the places of a row's files, all of them or none: together they stay within the limit,
 * or each remains the summary of what it was.
 */
export function attach(files: Snapshot<unknown>['files']): Upload[] {
  const total = files.reduce((sum, { binary }) => sum + binary.byteLength, 0);
  if (total > config().maxAttachmentBytes) return [];
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
