import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { isObject } from '../read';
import { say } from '../say';

/** Bytes, wherever they were cut; one or more whole lines of text; a record that has been parsed. */
export type Item = Uint8Array | string | object;

/** What lines can be given as. `Body` is that of an S3 `GetObject` output. */
export type Source =
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | ReadableStream
  | Iterable<Item>
  | AsyncIterable<Item>
  | { readonly Body?: unknown }
  | undefined;

/** Reads a source piece by piece, unzipped where it begins as gzip does. Throws what the source throws. @public */
export async function* itemsOf(source: unknown): AsyncGenerator<Item, void> {
  const items = rawItems(source);
  const first = await beginning(items);
  const all = withFirst(first, items);
  const [bytes] = first;
  if (bytes instanceof Uint8Array && bytes[0] === 0x1f && bytes[1] === 0x8b) yield* pipeline(all, createGunzip(), () => {});
  else yield* all;
}

/** The first pieces: of bytes at least the two that tell gzip, as one. */
async function beginning(items: AsyncGenerator<Item, void>): Promise<Item[]> {
  let bytes = new Uint8Array();
  while (bytes.length < 2) {
    const { value: next } = await items.next();
    if (!(next instanceof Uint8Array)) return [...(bytes.length > 0 ? [bytes] : []), ...(next === undefined ? [] : [next])];
    bytes = Buffer.concat([bytes, next]);
  }
  return [bytes];
}

async function* withFirst(first: Item[], items: AsyncGenerator<Item, void>): AsyncGenerator<Item, void> {
  yield* first;
  yield* items;
}

async function* rawItems(source: unknown): AsyncGenerator<Item, void> {
  if (typeof source === 'string') yield source;
  else if (ArrayBuffer.isView(source) || source instanceof ArrayBuffer) yield bytesOf(source);
  else if (source instanceof Blob) yield* pieces(source.stream());
  else if (isIterable(source)) yield* pieces(source);
  else if (isObject(source) && 'Body' in source) yield* rawItems(source.Body);
  else if (source !== undefined) say('traceBatchResults was given something that has no lines; nothing is recorded.');
}

async function* pieces(source: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator<Item, void> {
  const cutsAnywhere = isByteStream(source);
  for await (const piece of source) {
    if (ArrayBuffer.isView(piece) || piece instanceof ArrayBuffer) yield bytesOf(piece);
    else if (typeof piece === 'string') yield cutsAnywhere ? Buffer.from(piece) : piece;
    else yield Object(piece);
  }
}

/** A stream cuts its text where it likes; anything else that gives strings gives lines: an array, `readline`, a stream of objects. */
const isByteStream = (source: object) =>
  source instanceof ReadableStream || ('pipe' in source && !('readableObjectMode' in source && source.readableObjectMode === true));

function bytesOf(data: ArrayBufferView | ArrayBuffer): Uint8Array {
  if (data instanceof Uint8Array) return data;
  return data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

const isIterable = (value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> =>
  typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
