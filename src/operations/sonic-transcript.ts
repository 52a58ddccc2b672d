/**
 * What was said, as text. Sonic announces the model's speech sentence by sentence (SPECULATIVE) and tells afterwards what was really spoken
 * (FINAL), which is less where the user has interrupted: https://docs.aws.amazon.com/nova/latest/nova2-userguide/sonic-output-events.html
 */
export class Transcript {
  #final = new Sentences();
  #speculative = new Sentences();

  /** @param block the content block that the piece belongs to */
  add(piece: string, block: string, isSpeculative: boolean): void {
    (isSpeculative ? this.#speculative : this.#final).add(piece, block);
  }

  /** Whether more has been announced than has been told as spoken. */
  get awaitsFinal(): boolean {
    return this.#speculative.blocks > this.#final.blocks;
  }

  get text(): string {
    return this.#final.text || this.#speculative.text;
  }
}

/** Text in blocks; the wire has nothing between them, a reader needs a space. */
class Sentences {
  text = '';
  blocks = 0;
  #block: string | undefined;
  #endsInSpace = false;

  add(piece: string, block: string): void {
    const isNext = block !== this.#block;
    if (isNext) this.blocks++;
    if (isNext && this.text && !this.#endsInSpace && !/^\s/.test(piece)) this.text += ' ';
    this.text += piece;
    if (piece) this.#endsInSpace = piece.trimEnd() !== piece; // the whole text is not looked at again for each piece
    this.#block = block;
  }
}
