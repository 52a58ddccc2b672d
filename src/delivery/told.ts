import { clearTimeout, setTimeout } from 'node:timers';
import { config } from '../config';
import { write } from '../say';

/** How often a user is told of the same, in milliseconds. */
const REPORT_MS = 60_000;

/** Counts rows, and tells of them at most once a minute: never silently, and never again and again. */
class Tally {
  readonly #rows = new Map<string, number>();
  #told = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly line: (rows: number, about: string) => string) {}

  add(rows: number, about: string): void {
    this.#rows.set(about, (this.#rows.get(about) ?? 0) + rows);
    const wait = this.#told + REPORT_MS - performance.now();
    if (wait <= 0) this.tell();
    else this.#timer ??= setTimeout(() => this.tell(), wait).unref();
  }

  /** Tells of what has not been told. */
  tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#told = performance.now();
    for (const [about, rows] of this.#rows) write(this.line(rows, about));
    this.#rows.clear();
  }
}

const lost = new Tally((rows, reason) => `${rows} ${rows === 1 ? 'span was' : 'spans were'} lost: ${reason}.`);
const spooled = new Tally((rows) => {
  return `${rows} ${rows === 1 ? 'span is' : 'spans are'} in ${config().spoolDir}: the next process with this directory sends them.`;
});

/** Rows are lost. */
export const reportLost = (rows: number, reason: string): void => lost.add(rows, reason);
/** Rows are in the directory of the settings. */
export const reportSpooled = (rows: number): void => spooled.add(rows, '');

/** The process ends: what was counted is told. */
export function tellAll(): void {
  lost.tell();
  spooled.tell();
}
