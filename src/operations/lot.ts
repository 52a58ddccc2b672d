/** A lot of so many bytes is some forty chunks of a few words each; and no more than that many, should they be empty. */
const SIZE = 4096;
const MOST = 512;

/**
 * Chunks of a stream that wait to be read together: one that is read by itself, between all that an SDK and an application do for it, costs
 * twice as much. They are copies, since the application may write over its own.
 */
export class Lot {
  #bytes: Buffer | undefined;
  /** Where each chunk ends. */
  readonly #ends: number[] = [];

  /** False when there is no room for it: until the others have been read, or at all. */
  keep(chunk: Uint8Array): boolean {
    const start = this.#ends.at(-1) ?? 0;
    const end = start + chunk.length;
    if (end > SIZE || this.#ends.length === MOST) return false;
    this.#bytes ??= Buffer.allocUnsafeSlow(SIZE);
    this.#bytes.set(chunk, start);
    this.#ends.push(end);
    return true;
  }

  /** The texts of the chunks, in their order. They are no longer kept. Each is a text of its own: part of a larger one would keep all of it. */
  take(): string[] {
    const bytes = this.#bytes;
    if (!bytes) return [];
    const ends = this.#ends.splice(0);
    return ends.map((end, index) => textOf(bytes, ends[index - 1] ?? 0, end));
  }
}

/** In a third of the time of a decoder, which leaves out a byte order mark. */
const textOf = (bytes: Buffer, start: number, end: number): string =>
  bytes[start] === BYTE_ORDER_MARK ? decoder.decode(bytes.subarray(start, end)) : bytes.toString('utf8', start, end);

const decoder = new TextDecoder();
/** The first byte of one. */
const BYTE_ORDER_MARK = 0xef;
