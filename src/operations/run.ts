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
    for (let at = 0; at < start; at++) if (chunk[at] !== before[at]) return false;
    for (let at = 0; at < after.length; at++) if (chunk[end + at] !== after[at]) return false;
    // The end of a character that the chunk before might have begun.
    if (((chunk[start] ?? 0) & 0b1100_0000) === 0b1000_0000) return false;
    this.#bytes ??= Buffer.allocUnsafeSlow(SIZE);
    const bytes = this.#bytes;
    for (let at = start; at < end; at++) {
      const byte = chunk[at] ?? 0;
      if (byte < SPACE || byte === QUOTE || byte === BACKSLASH) return false;
      bytes[length++] = byte;
    }
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

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
