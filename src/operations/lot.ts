/** A lot of so many bytes is some forty chunks of a few words each. */
const SIZE = 4096;

/**
 * Chunks of a stream that wait to be read together: one that is read by itself, between all that an SDK and an application do for it, costs
 * twice as much. They are copies, since the application may write over its own.
 */
export class Lot {
  #bytes: Uint8Array | undefined;
  /** Where each chunk ends. */
  readonly #ends: number[] = [];

  /** False when there is no room for it: until the others have been read, or at all. */
  keep(chunk: Uint8Array): boolean {
    const start = this.#ends.at(-1) ?? 0;
    const end = start + chunk.length;
    if (end > SIZE) return false;
    this.#bytes ??= new Uint8Array(SIZE);
    this.#bytes.set(chunk, start);
    this.#ends.push(end);
    return true;
  }

  /** The texts of the chunks, in their order. They are no longer kept. */
  take(): string[] {
    const bytes = this.#bytes?.subarray(0, this.#ends.at(-1) ?? 0);
    if (!bytes) return [];
    const ends = this.#ends.splice(0);
    const all = decoder.decode(bytes);
    // Where each byte is a character, what is cut out of the text is what would be cut out of the bytes.
    const textOf =
      all.length === bytes.length
        ? (start: number, end: number) => all.slice(start, end)
        : (start: number, end: number) => decoder.decode(bytes.subarray(start, end));
    return ends.map((end, index) => textOf(ends[index - 1] ?? 0, end));
  }
}

const decoder = new TextDecoder();
