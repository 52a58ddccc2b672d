/** A line without its end, or `undefined` for one that is too long to be a record. */
export type Line = string | undefined;

/** No record is as long: a request to Bedrock has 25 MB at most, and its answer less. What has no end must not fill the memory. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

const NEWLINE = 0x0a;
const decoder = new TextDecoder();

/**
 * Cuts bytes into lines, whatever pieces they come in: a newline is never a part of another character in UTF-8, so a line is decoded
 * when it is whole. Lines without anything in them are left out.
 */
export class Lines {
  /** Of the line that has not ended. */
  #pieces: Uint8Array[] = [];
  #length = 0;

  /** The lines that end in this piece. Each is cut when it is asked for; the piece is kept until then. */
  *add(piece: Uint8Array): Generator<Line, void> {
    let from = 0;
    for (let to = piece.indexOf(NEWLINE); to >= 0; to = piece.indexOf(NEWLINE, from)) {
      this.#keep(piece.subarray(from, to));
      from = to + 1;
      yield* this.last();
    }
    // a copy: the reader of the piece may use its memory again
    if (from < piece.length) this.#keep(piece.slice(from));
  }

  /** The line that no newline ends. */
  *last(): Generator<Line, void> {
    const [pieces, length] = [this.#pieces, this.#length];
    this.#pieces = [];
    this.#length = 0;
    if (length > MAX_LINE_BYTES) yield undefined;
    else if (length > 0) {
      // the decoder takes a byte order mark away, JSON.parse the carriage return
      const line = decoder.decode(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces));
      if (line.trim() !== '') yield line;
    }
  }

  /** Forgets the line that has not ended. */
  clear(): void {
    this.#pieces = [];
    this.#length = 0;
  }

  #keep(piece: Uint8Array): void {
    this.#length += piece.length;
    if (this.#length > MAX_LINE_BYTES) this.#pieces = [];
    else this.#pieces.push(piece);
  }
}
