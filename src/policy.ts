import { types } from 'node:util';
import { lengthOf } from './as-written';
import { config } from './config';
import { debug } from './guard';

/** What a process may set about the content of its rows, besides the environment. */
export interface Options {
  /**
   * Called with each text of a row: prompts, answers, tool arguments, file names, error messages and stacks. What it returns stands in the
   * row. Where it throws or returns no string, the text is left out.
   */
  redact?: ((text: string) => string) | undefined;
}

let redact: Options['redact'];

/**
 * Sets what the environment cannot say.
 * @throws TypeError if `redact` is neither a function nor absent
 * @example examples/redact.ts
 */
export function configure(options: Options): void {
  if (options.redact !== undefined && typeof options.redact !== 'function') throw new TypeError('redact must be a function');
  redact = options.redact;
}

/** How much of a field may still be written: the policy's size limit, and what it does to each text. */
export class Allowance {
  readonly #limit = config().maxFieldBytes;
  #left = this.#limit;
  /** Whether the text that was given last is ASCII, where that is known. */
  isAscii = false;

  /** The text as the row may have it: redacted, and cut at a character boundary where the field is full, saying so. */
  text(text: string): string {
    const shown = redacted(text);
    // What follows a long text has room, too: the newest question is the last of its list. Roles, types and names always have.
    const room = shown.length <= SHORT ? this.#left + CLOSING_BYTES : this.#left - this.#limit * RESERVE;
    const most = Math.max(room, Math.min(this.#left, this.#limit * RESERVE));
    // A text has at least a byte for each of its units: one that cannot fit is not measured, however long it is.
    const bytes = shown.length > most ? Number.POSITIVE_INFINITY : lengthOf(shown);
    this.isAscii = bytes === shown.length;
    if (bytes <= most) {
      this.#left -= bytes;
      return shown;
    }
    const kept = cut(shown, Math.max(0, Math.floor(room)));
    const [whole, left] = [Buffer.byteLength(shown), Buffer.byteLength(kept)];
    this.#left -= left + NOTE_BYTES;
    return `${kept}… [${whole - left} of ${whole} bytes cut]`;
  }

  /** Whether there is room for another member of an object or a list. */
  member(): boolean {
    this.#left -= MEMBER_BYTES;
    return this.#left > -CLOSING_BYTES;
  }

  /** A key as the row may have it. */
  key(key: string): string {
    const kept = key.length <= LONGEST_KEY ? key : cut(key, LONGEST_KEY);
    this.#left -= lengthOf(kept);
    return kept === key ? key : `${kept}… [${key.length - kept.length} of ${key.length} characters cut]`;
  }

  /** Something that is neither a text nor a list nor an object is written. */
  spend(bytes: number): void {
    this.#left -= bytes;
  }
}

/** How much of it was cut, at the end of a text. */
const NOTE_BYTES = 48;

/** What a member costs besides its key and its text: quotes, a comma. */
const MEMBER_BYTES = 8;
/** What may follow where the text has used the field up, in bytes: roles, types, names, what was cut. */
const CLOSING_BYTES = 64 * 1024;
/** The part of a field that no long text may use up. */
const RESERVE = 0.1;
/** Roles, types and names are no longer than this; in UTF-16 units. */
const SHORT = 64;
const LONGEST_KEY = 256;

function redacted(text: string): string {
  if (!redact) return text;
  try {
    const result: unknown = redact(text);
    // A promise is no text, and nobody's to handle.
    if (types.isPromise(result)) result.catch(() => {});
    return typeof result === 'string' ? result : '[redacted]';
  } catch (error) {
    debug('redact failed', error);
    return '[redacted]';
  }
}

/** The longest beginning of a text within so many bytes of UTF-8 that ends between two characters. */
export function cut(text: string, bytes: number): string {
  const start = text.slice(0, bytes);
  // half of a character at the end has no bytes of its own
  const buffer = Buffer.from(/[\ud800-\udbff]$/.test(start.slice(-1)) ? start.slice(0, -1) : start);
  let end = Math.min(bytes, buffer.length);
  while (end > 0 && end < buffer.length && ((buffer[end] ?? 0) & 0b1100_0000) === 0b1000_0000) end--;
  return buffer.toString('utf8', 0, end);
}
