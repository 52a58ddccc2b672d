import { bytesOf } from './utf8';

/** JSON in UTF-8, by the piece: to put megabytes together is to copy them once more. */
export class Json {
  readonly length: number;

  /** @param pieces nobody changes them any more */
  constructor(readonly pieces: readonly Uint8Array[]) {
    this.length = pieces.reduce((sum, { length }) => sum + length, 0);
  }

  static of(text: string): Json {
    return new Json(bytesOf(text));
  }

  toString(): string {
    return Buffer.concat(this.pieces).toString();
  }
}
