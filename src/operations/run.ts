import { charactersOf } from '../utf8';
import { type Form, valueWith } from './chunk-form';

/** How many bytes of text are put together. */
const SIZE = 4096;

/**
 * Chunks of a stream, one behind the other, that differ in nothing but a text that grows: only its bytes are kept, and are read as one. Other
 * chunks, and texts with anything that would have to be parsed, are for others to read.
 */
export class Run {
  readonly #before: Buffer;
  readonly #after: Buffer;
  #bytes: Buffer | undefined;
  #length = 0;

  /** @param form has one difference, which is a text */
  constructor(private readonly form: Form) {
    const [before = '', after = ''] = form.pieces;
    this.#before = Buffer.from(before);
    this.#after = Buffer.from(after);
  }

  /** Whether the chunk is one of them. When it is not, those before it are to be taken. */
  keep(chunk: Uint8Array): boolean {
    const before = this.#before;
    const after = this.#after;
    const start = before.length;
    const end = chunk.length - after.length;
    let length = this.#length;
    if (end <= start || length + end - start > SIZE) return false;
    // One chunk after the other is of this form: to ask once, at the end, is quicker than to be able to stop.
    if ((differences(chunk, 0, before) | differences(chunk, end, after)) !== 0) return false;
    // The end of a character that the chunk before might have begun.
    if (((chunk[start] ?? 0) & 0b1100_0000) === 0b1000_0000) return false;
    this.#bytes ??= Buffer.allocUnsafeSlow(SIZE);
    const bytes = this.#bytes;
    let parsed = 0;
    for (let at = start; at < end; at++) {
      const byte = chunk[at] ?? 0;
      parsed |= IS_PARSED[byte] ?? 0;
      bytes[length++] = byte;
    }
    if (parsed !== 0) return false;
    this.#length = length;
    return true;
  }

  /** One chunk's value that has the texts of all that have been kept; `undefined` where none has. */
  take(): unknown {
    if (!this.#bytes || this.#length === 0) return undefined;
    const text = charactersOf(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    return valueWith(this.form, text);
  }
}

/** 0 where these bytes stand there. */
function differences(chunk: Uint8Array, start: number, bytes: Uint8Array): number {
  let found = 0;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    const place = start + at;
    found |= difference(chunk[place], bytes[at]) | difference(chunk[place + 1], bytes[at + 1]);
    found |= difference(chunk[place + 2], bytes[at + 2]) | difference(chunk[place + 3], bytes[at + 3]);
  }
  for (; at < bytes.length; at++) found |= difference(chunk[start + at], bytes[at]);
  return found;
}

const difference = (one = 0, other = 0): number => one ^ other;

/** By byte: 1 for control characters, the quote and the backslash, with which a text has to be parsed. */
const IS_PARSED = Uint8Array.from({ length: 256 }, (_, byte) => (byte < 0x20 || byte === 0x22 || byte === 0x5c ? 1 : 0));
