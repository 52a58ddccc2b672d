import { charactersOf, textOf } from '../utf8';

/** A lot of so many bytes is some eighty chunks of a few words each; and no more than that many, should they be empty. */
export const SIZE = 8192;
const MOST = 512;

/**
 * Chunks of a stream that wait to be read together: one that is read by itself, between all that an SDK and an application do for it, costs
 * several times as much. They are copies, since the application may write over its own.
 */
export class Lot {
  #bytes: Buffer | undefined;
  #ends: number[] = [];

  /** False when there is no room for it: until the others have been read, or at all. */
  keep(chunk: Uint8Array): boolean {
    const start = startOf(this.#ends, this.#ends.length);
    const end = start + chunk.length;
    if (end >= SIZE || this.#ends.length === MOST) return false;
    this.#bytes ??= Buffer.allocUnsafeSlow(SIZE);
    this.#bytes.set(chunk, start);
    this.#bytes[end] = LINE_FEED;
    this.#ends.push(end);
    return true;
  }

  /** Those that have been kept, to be read before the next is. */
  take(): Chunks | undefined {
    if (!this.#bytes || this.#ends.length === 0) return undefined;
    const taken = new Chunks(this.#bytes, this.#ends);
    this.#ends = [];
    return taken;
  }
}

/** Chunks, one behind the other. */
export class Chunks {
  #texts: string[] | undefined;

  /** @param ends where each chunk ends: behind it is a line feed */
  constructor(
    readonly bytes: Uint8Array,
    private readonly ends: readonly number[],
  ) {}

  get length(): number {
    return this.ends.length;
  }

  start(index: number): number {
    return startOf(this.ends, index);
  }

  end(index: number): number {
    return this.ends[index] ?? 0;
  }

  text(index: number): string {
    this.#texts ??= this.#read();
    return this.#texts[index] ?? '';
  }

  /** All at once takes a third of the time. Not where chunks have line feeds, or marks that are no part of a text. */
  #read(): string[] {
    const { bytes, ends } = this;
    const texts = charactersOf(bytes.subarray(0, this.start(ends.length))).split('\n');
    const isWhole = texts.length === ends.length + 1 && !ends.some((_, index) => bytes[this.start(index)] === BYTE_ORDER_MARK);
    return isWhole ? texts : ends.map((end, index) => textOf(bytes.subarray(this.start(index), end)));
  }
}

const startOf = (ends: readonly number[], index: number): number => (index === 0 ? 0 : (ends[index - 1] ?? 0) + 1);

const LINE_FEED = 0x0a;
/** The first byte of one. */
const BYTE_ORDER_MARK = 0xef;
