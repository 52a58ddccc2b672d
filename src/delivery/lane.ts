import { debug } from '../guard';
import { say } from '../say';
import { Refusal, send } from './api';
import type { Destination } from './destination';
import { Unanswered } from './request';

/** A row that waits to be sent: JSON without the members that say what it belongs to. */
export interface Waiting {
  id: string;
  json: string;
  /** It is merged into what Braintrust has of the row. */
  isMerge: boolean;
  /** Called once, when Braintrust has the row or will not get it from this process. */
  done?: ((sent: boolean) => void) | undefined;
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
/** The most that one delivery has. */
const BATCH_ROWS = 1000;
const BATCH_BYTES = 2 * 1024 * 1024;

/** The rows that wait for one destination, in their order: one delivery at a time, so that no part of a row overtakes another. */
export class Lane {
  #reason: string | undefined;
  #rows: Waiting[] = [];
  #bytes = 0;
  #sending: Waiting[] = [];
  #attempt: Promise<boolean> | undefined;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param lost told of rows that Braintrust has refused */
  constructor(
    readonly destination: Destination,
    private readonly lost: (lane: Pending) => void,
  ) {}

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

  /** Why the rows are still here. */
  get reason(): string {
    const { target } = this.destination;
    const url = target?.apiUrl ?? this.destination.login()?.appUrl;
    return this.#reason ?? `Braintrust${url === undefined ? '' : ` at ${new URL(url).origin}`} has not answered in time`;
  }

  /** Adds a row, which goes with the next delivery: after `lingerMs`, or at once where a whole delivery has gathered. */
  add(row: Waiting, lingerMs: number): void {
    this.#rows.push(row);
    this.#bytes += row.json.length;
    const isWhole = this.#rows.length >= BATCH_ROWS || this.#bytes >= BATCH_BYTES;
    if (isWhole && this.#failures === 0) this.#schedule(0);
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
    this.#bytes = left.reduce((sum, { json }) => sum + json.length, 0);
  }

  /** Sends until nothing is left or an attempt fails, without the pauses between attempts. True if nothing is left. */
  async drain(): Promise<boolean> {
    while (!this.isEmpty) if (!(await this.#send(true))) return this.isEmpty;
    return true;
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

  async #deliver(quietly: boolean): Promise<boolean> {
    const batch = this.#take();
    if (batch.length === 0) return true;
    try {
      const target = await this.destination.open(REQUEST_MS);
      await send(target, batch, REQUEST_MS);
      this.#failures = 0;
      this.#reason = undefined;
      this.#settle(batch, true);
      return true;
    } catch (error) {
      this.#reason = reasonOf(error);
      if (!isRetryable(error)) {
        this.#settle(batch, false);
        return false;
      }
      // Some of it may have arrived all the same, and may have been scored or commented since: what is sent again takes nothing away.
      for (const row of batch) row.isMerge = true;
      this.#failures++;
      if (this.#failures >= TOLD_AFTER && !quietly) say(`${this.#reason}: spans are kept, and sent when it can.`);
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#failures - 1)) * (0.75 + Math.random() / 2);
      this.#pause = Math.max(pause, Math.min(LONGEST_PAUSE_MS, (error instanceof Refusal && error.retryAfterMs) || 0));
      if (this.#sending === batch) {
        this.#rows = [...batch, ...this.#rows];
        this.#bytes += batch.reduce((sum, { json }) => sum + json.length, 0);
        this.#sending = [];
      }
      return false;
    }
  }

  /** The next delivery. Two parts of one row go one after the other. */
  #take(): Waiting[] {
    const ids = new Set<string>();
    let bytes = 0;
    let count = 0;
    for (const { id, json } of this.#rows) {
      if (count === BATCH_ROWS || (count > 0 && bytes + json.length > BATCH_BYTES) || ids.has(id)) break;
      ids.add(id);
      bytes += json.length;
      count++;
    }
    this.#sending = this.#rows.splice(0, count);
    this.#bytes -= bytes;
    return this.#sending;
  }

  #settle(batch: Waiting[], sent: boolean): void {
    // Somebody else may have taken them in the meantime.
    if (this.#sending !== batch) return;
    this.#sending = [];
    if (!sent) this.lost({ destination: this.destination, rows: batch, reason: this.reason });
    for (const { done } of batch) done?.(sent);
  }
}

/** Whether it may pass: no answer, 408, 429 and 5xx may. */
const isRetryable = (error: unknown) => !(error instanceof Refusal) || [408, 429].includes(error.status) || error.status >= 500;

/** What went wrong, in words that name the place and never a key or a row. */
function reasonOf(error: unknown): string {
  if (error instanceof Unanswered) return `Braintrust at ${error.message}`;
  if (!(error instanceof Refusal)) return `Braintrust cannot be reached (${error instanceof Error ? error.message : 'unknown'})`;
  const { status, origin } = error;
  const isKey = status === 401 || status === 403;
  return isKey ? `Braintrust at ${origin} refuses the key in BRAINTRUST_API_KEY (${status})` : `Braintrust at ${origin} answered ${status}`;
}
