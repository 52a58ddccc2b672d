import { setImmediate } from 'node:timers';
import { guard } from '../guard';
import { say } from '../say';
import type { BodyListener } from './hear-body';
import { Lines } from './lines';
import type { Results } from './results';
import { Turns } from './turns';

/** How many bytes of bodies may wait to be read, in all: an application that reads on is neither slowed down nor followed with more memory. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

let waitingBytes = 0;

/**
 * Reads results beside an application that is reading them: what it gets is copied, and read in turns of our own.
 * What goes faster than that for too long is left out, with a line on stderr.
 */
export class SideReading implements BodyListener {
  readonly #lines = new Lines();
  readonly #waiting: Uint8Array[] = [];
  #reading = false;
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
    setImmediate(() => void this.#read());
  }

  async #read(): Promise<void> {
    const turns = new Turns();
    for (let piece = this.#waiting.shift(); piece; piece = this.#waiting.shift()) {
      for (const line of this.#linesOf(piece)) {
        guard('results', () => this.results.take(line));
        await turns.next();
      }
      waitingBytes -= piece.length;
    }
    this.#reading = false;
    if (!this.#ending) return;
    if (this.#ending === 'end' && this.isWhole && !this.#isCut) for (const line of this.#lines.last()) this.results.take(line);
    this.results.over();
  }

  #linesOf(piece: Uint8Array): Iterable<string | undefined> {
    if (piece !== CUT) return this.#lines.add(piece);
    this.#lines.clear();
    return [];
  }
}

/** Stands where bytes were left out. */
const CUT = new Uint8Array();

const afterNewline = (bytes: Uint8Array) => {
  const newline = bytes.indexOf(0x0a);
  return newline < 0 ? bytes.subarray(bytes.length) : bytes.subarray(newline + 1);
};
