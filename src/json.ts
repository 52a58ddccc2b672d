import { giveBack } from './rooms';
import { bytesOf } from './utf8';

/** JSON in UTF-8, by the piece: to put megabytes together is to copy them once more. */
export class Json {
  readonly length: number;
  /** Bytes of memory that it takes while it waits. */
  readonly held: number;

  /**
   * @param pieces nobody changes them any more
   * @param rooms what they stand in, where that may be used again when nobody needs them any more
   */
  constructor(
    readonly pieces: readonly Uint8Array[],
    private rooms: readonly Buffer[] = [],
  ) {
    this.length = pieces.reduce((sum, { length }) => sum + length, 0);
    const elsewhere = pieces.filter(({ buffer }) => !rooms.some((room) => room.buffer === buffer));
    this.held = [...elsewhere, ...rooms].reduce((sum, { length }) => sum + length, 0);
  }

  static of(text: string): Json {
    return new Json(bytesOf(text));
  }

  /** Nobody will read it any more: others may have its memory. */
  release(): void {
    for (const room of this.rooms) giveBack(room);
    this.rooms = [];
  }

  /** Somebody may read it even after it has been sent. */
  keep(): void {
    this.rooms = [];
  }

  toString(): string {
    return Buffer.concat(this.pieces).toString();
  }
}
