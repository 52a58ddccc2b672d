import { setImmediate } from 'node:timers/promises';
import { debug, guard } from '../guard';
import { say } from '../say';
import { begun, finished, Unfinished } from '../unfinished';
import type { BodyListener } from './hear-body';
import { type Line, Lines } from './lines';
import { begin } from './readings';
import type { Results } from './results';
import { Turns } from './turns';

/** How many bytes of bodies may wait to be read, in all: an application that reads on is neither slowed down nor followed with more memory. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

let waitingBytes = 0;

/** Stands where bytes were left out. */
const CUT = new Uint8Array();

/**
 * Reads results beside an application that is reading them: what it gets is copied, and read in turns of our own.
 * What goes faster than that for too long is left out, with a line on stderr.
 */
export class SideReading implements BodyListener {
  readonly #cut = new Lines();
  readonly #waiting: Uint8Array[] = [];
  /** What is being read. */
  #piece: Uint8Array = CUT;
  #lines: Generator<Line, void> | undefined;
  #reading = false;
  #isOver = false;
  /** Where bytes have been left out, the rest of their line is no line. */
  #isCut = false;
  #ending: 'end' | 'gone' | undefined;

  /** @param isWhole whether the last line of the body is whole where the body ends: not so in a part of an object */
  constructor(
    private readonly results: Results,
    private readonly isWhole: boolean,
  ) {}

  bytes = (bytes: Uint8Array): void => {
    if (this.#ending || bytes.length === 0) return;
    if (waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      this.#leaveOut();
      return;
    }
    const own = this.#isCut ? afterNewline(bytes) : bytes;
    if (own.length === 0) return;
    this.#isCut = false;
    waitingBytes += own.length;
    this.#waiting.push(Uint8Array.prototype.slice.call(own));
    this.#start();
  };

  end = (): void => this.#over('end');
  gone = (): void => this.#over('gone');

  #over(how: 'end' | 'gone'): void {
    if (this.#ending) return;
    this.#ending = how;
    this.#start();
  }

  /** From here to the next line. */
  #leaveOut(): void {
    if (!this.#isCut) this.#waiting.push(CUT);
    this.#isCut = true;
    say(
      'results of a batch job are read from S3 faster than their spans can be written: some of them leave none. ' +
        'traceBatchResults takes its time and leaves nothing out.',
    );
  }

  #start(): void {
    if (this.#reading) return;
    this.#reading = true;
    begun(this.#unfinished);
    begin(this.#read().catch((error: unknown) => debug('results failed', error)));
  }

  async #read(): Promise<void> {
    await setImmediate(); // the application's turn is not ours
    const turns = new Turns();
    while (this.#takeOne()) await turns.next();
    this.#reading = false;
    finished(this.#unfinished);
  }

  /** The process ends: the rest is read now. */
  readonly #unfinished = new Unfinished(() => {
    while (this.#takeOne());
    finished(this.#unfinished);
  });

  /** Takes the next line; false where there is none. */
  #takeOne(): boolean {
    for (;;) {
      const next = this.#lines?.next();
      if (next?.done === false) {
        guard('results', () => this.results.take(next.value));
        return true;
      }
      waitingBytes -= this.#piece.length;
      const piece = this.#waiting.shift();
      this.#piece = piece ?? CUT;
      if (piece === CUT) this.#cut.clear();
      if (piece) this.#lines = this.#cut.add(piece);
      else if (this.#ending) return this.#takeLast();
      else return false;
    }
  }

  #takeLast(): boolean {
    const isWhole = this.#ending === 'end' && this.isWhole && !this.#isCut;
    this.#lines = isWhole ? this.#cut.last() : undefined;
    this.#ending = 'gone';
    if (isWhole) return true;
    if (!this.#isOver) this.results.over();
    this.#isOver = true;
    return false;
  }
}

const afterNewline = (bytes: Uint8Array) => {
  const newline = bytes.indexOf(0x0a);
  return newline < 0 ? bytes.subarray(bytes.length) : bytes.subarray(newline + 1);
};
