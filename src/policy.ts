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
  #left = config().maxFieldBytes;

  /** The text as the row may have it: redacted, and cut at a character boundary where the field is full, saying so. */
  text(text: string): string {
    const shown = redacted(text);
    if (shown.length * 3 <= this.#left) {
      this.#left -= shown.length; // at most 3 bytes a UTF-16 unit, at least 1: near enough while there is room
      return shown;
    }
    const bytes = Buffer.byteLength(shown);
    if (bytes <= this.#left) {
      this.#left -= bytes;
      return shown;
    }
    const kept = cut(shown, Math.max(0, this.#left));
    this.#left = 0;
    return `${kept}… [${bytes - Buffer.byteLength(kept)} of ${bytes} bytes cut]`;
  }

  /** Whether there is room for another member of an object or a list. */
  member(): boolean {
    this.#left -= MEMBER_BYTES;
    return this.#left > -CLOSING_BYTES;
  }
}

/** What a member costs besides its text: quotes, commas, a key. */
const MEMBER_BYTES = 8;
/** Structure that may follow where the text has used the field up: roles, types, what was cut. */
const CLOSING_BYTES = 64 * 1024;

function redacted(text: string): string {
  if (!redact) return text;
  try {
    const result: unknown = redact(text);
    return typeof result === 'string' ? result : '[redacted]';
  } catch (error) {
    debug('redact failed', error);
    return '[redacted]';
  }
}

/** The longest beginning of a text within so many bytes of UTF-8 that ends between two characters. */
export function cut(text: string, bytes: number): string {
  const buffer = Buffer.from(text);
  let end = Math.min(bytes, buffer.length);
  while (end > 0 && end < buffer.length && ((buffer[end] ?? 0) & 0b1100_0000) === 0b1000_0000) end--;
  return buffer.toString('utf8', 0, end);
}
