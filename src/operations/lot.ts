import { charactersOf, textOf } from '../utf8';

/** A lot of so many bytes is some forty chunks of a few words each; and no more than that many, should they be empty. */
const SIZE = 4096;
const MOST = 512;

/**
 * Chunks of a stream that wait to be read together: one that is read by itself, between all that an SDK and an application do for it, costs
 * twice as much. They are copies, since the application may write over its own.
 */
export class Lot {
  #bytes: Buffer | undefined;
  /** Where each chunk ends. Behind it is a line feed. */
  readonly #ends: number[] = [];
  #isMarked = false;

  /** False when there is no room for it: until the others have been read, or at all. */
  keep(chunk: Uint8Array): boolean {
    const start = this.#start(this.#ends.length);
    const end = start + chunk.length;
    if (end >= SIZE || this.#ends.length === MOST) return false;
    this.#bytes ??= Buffer.allocUnsafeSlow(SIZE);
    this.#bytes.set(chunk, start);
    this.#bytes[end] = LINE_FEED;
    this.#ends.push(end);
    this.#isMarked ||= chunk[0] === BYTE_ORDER_MARK;
    return true;
  }

  /** The texts of the chunks, in their order. They are no longer kept. */
  take(): string[] {
    const bytes = this.#bytes?.subarray(0, this.#start(this.#ends.length));
    if (!bytes || bytes.length === 0) return [];
    const texts = charactersOf(bytes).split('\n');
    texts.pop();
    // All at once takes a third of the time. Not where chunks have line feeds, or marks that are no part of a text.
    const isWhole = texts.length === this.#ends.length && !this.#isMarked;
    const taken = isWhole ? texts : this.#ends.map((end, index) => textOf(bytes.subarray(this.#start(index), end)));
    this.#ends.length = 0;
    this.#isMarked = false;
    return taken;
  }

  #start(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] ?? 0) + 1;
  }
}

const LINE_FEED = 0x0a;
/** The first byte of one. */
const BYTE_ORDER_MARK = 0xef;
