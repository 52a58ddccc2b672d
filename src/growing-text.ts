/** So long are the parts of which a text is made in the end: V8 has 32 bytes for each of them. */
const PART = 1024;

/**
 * A text that grows by pieces of a few characters. Added up they would be three times as large in V8 as they are: they are put together by the
 * part, so that nothing long is copied again and again.
 */
export class GrowingText {
  #parts = '';
  #last: string;

  constructor(first = '') {
    this.#last = first;
  }

  add(piece: string): void {
    this.#last += piece;
    if (this.#last.length < PART) return;
    this.#last.charCodeAt(0); // asking for a character is what puts the pieces together
    this.#parts += this.#last;
    this.#last = '';
  }

  toString(): string {
    return this.#parts + this.#last;
  }
}
