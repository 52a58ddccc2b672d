import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import type { Upload } from '../content';
import { debug, guard } from '../guard';
import type { Json } from '../json';
import { say } from '../say';
import { isKeyRefused, isTimeout, mayPass, Refusal, reasonOf, send, type Target, Unable } from './api';
import { batchOf, isWholeBatch, MOST_SINGLES } from './batch';
import type { Destination } from './destination';

/** A row that waits to be sent, without the members that say what it belongs to. */
export interface Waiting {
  id: string;
  json: Json;
  /** It is merged into what Braintrust has of the row. */
  isMerge: boolean;
  /** Files that go once the row has been sent. */
  uploads: readonly Upload[];
}

/** What has become of rows, for good. */
interface Settled {
  rows: Waiting[];
  sent: boolean;
  reason: string;
}

/** Rows that are not known to be at Braintrust. */
export interface Pending {
  destination: Destination;
  rows: Waiting[];
  /** Why not, as far as is known. */
  reason: string;
}

/** How long one request may take, in milliseconds. */
const REQUEST_MS = 15_000;
/** The first pause after a failure and the longest one, in milliseconds. Each is twice the one before, give or take a quarter. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A user is told after so many failures in a row: what passes by itself is no news. */
const TOLD_AFTER = 3;

/** The rows that wait for one destination, in their order: one delivery at a time, so that no part of a row overtakes another. */
export class Lane {
  #reason: string | undefined;
  #isUnable = false;
  #rows: Waiting[] = [];
  #bytes = 0;
  #sending: Waiting[] = [];
  #attempt: Promise<boolean> | undefined;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param isQuiet asked before a user is told of failures
   * @param settled told of rows that Braintrust has taken or refused
   */
  constructor(
    readonly destination: Destination,
    private readonly isQuiet: () => boolean,
    private readonly settled: (outcome: Settled) => void,
  ) {
    // To log in takes longer than to send: a short program is done with it by its end. In a turn of its own: what is asked for it may be loaded
    // first. Where it fails, whoever sends asks again, and tells.
    setTimeout(() => {
      guard('log-in', () => {
        destination.load?.();
        setImmediate(() => destination.open(REQUEST_MS).catch(() => {})).unref();
      });
    }, 0).unref();
  }

  /** What its rows hold. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#rows.length === 0 && this.#sending.length === 0;
  }

  /** Whether what was tried last has failed. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** Whether what was tried last failed for something that nobody puts right while the process ends. */
  get isUnable(): boolean {
    return this.#isUnable;
  }

  /** Why the rows are still here. */
  get reason(): string {
    if (this.#reason !== undefined) return this.#reason;
    const url = this.destination.target?.apiUrl ?? this.destination.login()?.appUrl;
    if (url === undefined) return 'the logger of the application had not logged in';
    const origin = URL.canParse(url) ? ` at ${new URL(url).origin}` : '';
    return `Braintrust${origin} has not answered in time`;
  }

  /** Adds a row, which goes with the next delivery: after `lingerMs`, or at once where a whole delivery has gathered. */
  add(row: Waiting, lingerMs: number): void {
    this.#rows.push(row);
    this.#bytes += row.json.held;
    if (isWholeBatch(this.#rows.length, this.#bytes) && this.#failures === 0) this.#schedule(0);
    else if (!this.#timer) this.#schedule(lingerMs);
  }

  /** Every row that Braintrust is not known to have. */
  pending(): Waiting[] {
    return [...this.#sending, ...this.#rows];
  }

  /** Takes the first of these out, or all of them: somebody else has sent them. */
  take(count = Number.POSITIVE_INFINITY): void {
    const left = this.pending().slice(count);
    this.#sending = [];
    this.#rows = left;
    this.#bytes = lengthOf(left);
  }

  /** Sends until nothing is left or an attempt fails, without the pauses between attempts. True if Braintrust has taken everything. */
  async drain(): Promise<boolean> {
    const had = this.#refusals;
    while (!this.isEmpty) if (!(await this.#send(true))) return false;
    return this.#refusals === had;
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#send().catch((error: unknown) => debug('delivery failed', error));
    }, ms).unref();
  }

  /** One attempt; true if it succeeded. */
  #send(quietly = false): Promise<boolean> {
    this.#attempt ??= this.#deliver(quietly).finally(() => {
      this.#attempt = undefined;
      if (this.#rows.length > 0 && !this.#timer) this.#schedule(this.#failures > 0 ? this.#pause : 0);
    });
    return this.#attempt;
  }

  #pause = 0;
  #refusals = 0;
  /** How many rows were refused by themselves since the last that was taken. */
  #singles = 0;
  /** How many rows go in the next delivery, where it is known that not all can. */
  #most: number | undefined;

  async #deliver(quietly: boolean): Promise<boolean> {
    const batch = this.#take();
    if (batch.length === 0) return true;
    let target: Target | undefined;
    try {
      target = await this.destination.open(REQUEST_MS);
      const isGone = await send(target, batch, REQUEST_MS);
      this.#failures = 0;
      this.#singles = 0;
      this.#reason = undefined;
      this.#isUnable = false;
      this.#most = undefined;
      this.#settle(batch, true, isGone);
      return true;
    } catch (error) {
      // A connection whose answer has come early may still be reading them.
      for (const { json } of batch) json.keep();
      this.#reason = reasonOf(error);
      this.#isUnable = error instanceof Unable;
      if (!mayPass(error)) return this.#refused(batch, target === undefined || isKeyRefused(error));
      // A way to Braintrust that is too slow for all of them may do for half.
      if (isTimeout(error)) this.#most = Math.ceil(batch.length / 2);
      // Some of it may have arrived all the same, and may have been scored or commented since: what is sent again takes nothing away.
      for (const row of batch) row.isMerge = true;
      this.#failures++;
      if (this.#failures >= TOLD_AFTER && !quietly && !this.isQuiet()) say(`${this.#reason}: spans are kept, and sent when it can.`);
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#failures - 1)) * (0.75 + Math.random() / 2);
      this.#pause = Math.max(pause, Math.min(LONGEST_PAUSE_MS, (error instanceof Refusal && error.retryAfterMs) || 0));
      if (this.#sending === batch) {
        this.#rows = [...batch, ...this.#rows];
        this.#sending = [];
      }
      return false;
    }
  }

  #take(): Waiting[] {
    this.#sending = this.#rows.splice(0, batchOf(this.#rows, this.#most));
    return this.#sending;
  }

  /**
   * One row that Braintrust does not take must not cost the others: they are sent in ever smaller deliveries. Where one after the other is
   * refused, it is not the rows.
   * @param all it is not for the rows that they are refused
   */
  #refused(batch: Waiting[], all: boolean): boolean {
    if (batch.length === 1) this.#singles++;
    if (all || batch.length === 1 || this.#singles >= MOST_SINGLES || this.#sending !== batch) {
      this.#most = this.#singles >= MOST_SINGLES ? undefined : this.#most;
      this.#refusals += batch.length;
      this.#settle(batch, false);
      return !all;
    }
    this.#most = Math.ceil(batch.length / 2);
    this.#rows = [...batch, ...this.#rows];
    this.#sending = [];
    return true;
  }

  /** @param isGone nobody reads the rows any more */
  #settle(batch: Waiting[], sent: boolean, isGone = false): void {
    // Somebody else may have taken them in the meantime.
    if (this.#sending !== batch) return;
    this.#sending = [];
    this.#bytes -= lengthOf(batch);
    this.settled({ rows: batch, sent, reason: this.reason });
    if (isGone) for (const { json } of batch) json.release();
  }
}

const lengthOf = (rows: readonly Waiting[]) => rows.reduce((sum, { json }) => sum + json.held, 0);
