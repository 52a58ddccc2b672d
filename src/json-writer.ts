import { giveBack, roomFor } from './rooms';
import { bytesOf, LONG_TEXT } from './utf8';

/** A room that is not enough is followed by one that is larger by so much. */
const GROWN = 1.5;
/** What texts become as JSON, and what is around them, in bytes. */
const ADDED = 1.1;
const STRUCTURE = 4096;
/** A text with more than an escape for so many bytes is sooner written by V8; it may have those of so many bytes more. */
const DENSE = { bytes: 16, more: 256 };
/** An escape is so much longer than the byte that it stands for: `\u001f`. */
const GROWTH = 5;
/** What is shorter is copied sooner byte by byte. */
const SHORT = 16;
/** A longer text is sooner written by V8, in characters. */
const SHORT_TEXT = 64;

/**
 * Puts JSON together in UTF-8. V8 takes 4 ns for each byte of a text's literal, up to Node 22. Here sixteen of them are looked at as four numbers,
 * and what stands between two escapes is copied as it is.
 */
export class JsonWriter {
  #length = 0;
  #bytes: Buffer = NOTHING;
  /** The same memory as numbers. */
  #words = wordsOf(this.#bytes);

  /** @param length of the texts that will be added, as far as it is known */
  constructor(private readonly length = 0) {}

  /** Adds JSON. */
  json(json: string): void {
    this.#hold(json.length < LONG_TEXT ? json.length * MOST_BYTES : Buffer.byteLength(json));
    this.#length = this.#encode(json, this.#length);
  }

  /** Adds one character of ASCII. */
  byte(byte: number): void {
    this.#hold(1);
    this.#bytes[this.#length++] = byte;
  }

  /** Adds a text, as JSON has it, that is not long: a name, a role. */
  short(text: string): void {
    if (text.length > SHORT_TEXT || !this.#plain(text)) this.json(JSON.stringify(text));
  }

  /** Adds a text of ASCII without an escape. False where it is none. */
  #plain(text: string): boolean {
    this.#hold(text.length + 2);
    const bytes = this.#bytes;
    let length = this.#length;
    bytes[length++] = QUOTE;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code >= 0x80 || ESCAPES[code] !== undefined) return false;
      bytes[length++] = code;
    }
    bytes[length++] = QUOTE;
    this.#length = length;
    return true;
  }

  /** Adds a text, as JSON has it. @param isAscii whether it is known to be nothing else, which V8 copies at once */
  text(text: string, isAscii: boolean): void {
    const start = this.#length;
    const most = isAscii ? text.length : text.length < LONG_TEXT ? text.length * MOST_BYTES : Buffer.byteLength(text);
    // In UTF-8 it is put so far behind that its literal, which comes before it, stays behind what has been read of it.
    const lead = Math.ceil((most + DENSE.more) / DENSE.bytes + 2) * GROWTH;
    this.#hold(lead + most);
    const source = start + lead;
    const end = isAscii ? source + this.#bytes.write(text, source, 'latin1') : this.#encode(text, source);
    // Half a character JSON has, and UTF-8 has not.
    const isWhole = isAscii || !this.#bytes.subarray(source, end).includes(REPLACEMENT);
    if (isWhole && this.#literal(source, end, isAscii)) return;
    this.#length = start;
    this.json(JSON.stringify(text));
  }

  /** What has been added is not wanted. */
  drop(): void {
    giveBack(this.#bytes);
    this.#leave();
  }

  /**
   * Gives what has been added since the last time.
   * @param rooms gets the memory that it is in, where that may be given back once nobody reads it
   */
  take(rooms: Buffer[]): Uint8Array {
    const room = this.#bytes;
    let taken = room.subarray(0, this.#length);
    // Much of it is not to be kept for little.
    if (taken.length * GROWN < room.length) {
      taken = Buffer.allocUnsafeSlow(taken.length);
      room.copy(taken, 0, 0, taken.length);
      giveBack(room);
    } else rooms.push(room);
    this.#leave();
    return taken;
  }

  #leave(): void {
    this.#length = 0;
    this.#setRoom(NOTHING);
  }

  /** Puts a text there in UTF-8. Gives its end. */
  #encode(text: string, start: number): number {
    if (text.length < LONG_TEXT) return start + this.#bytes.write(text, start);
    let end = start;
    for (const piece of bytesOf(text)) {
      this.#bytes.set(piece, end);
      end += piece.length;
    }
    return end;
  }

  /** Adds the literal of a text that stands there. False where that is not worth it. */
  #literal(source: number, end: number, isAscii: boolean): boolean {
    const bytes = this.#bytes;
    let length = this.#length;
    let escapes = 0;
    bytes[length++] = QUOTE;
    for (let start = source; ; ) {
      const at = this.#nextEscape(start, end, isAscii);
      if (at - start > SHORT) bytes.copyWithin(length, start, at);
      else for (let from = start, to = length; from < at; from++, to++) bytes[to] = bytes[from] ?? 0;
      length += at - start;
      if (at === end) break;
      if (++escapes * DENSE.bytes > at - source + DENSE.more) return false;
      for (const byte of ESCAPES[bytes[at] ?? 0] ?? []) bytes[length++] = byte;
      start = at + 1;
    }
    bytes[length++] = QUOTE;
    this.#length = length;
    return true;
  }

  /** Where the next byte stands that a literal cannot have as it is; `end` where none does. */
  #nextEscape(start: number, end: number, isAscii: boolean): number {
    const first = Math.min((start + 3) & ~3, end);
    const before = this.#escaped(start, first);
    if (before < first) return before;
    const words = this.#words;
    const last = end >> 2;
    let word = first >> 2;
    while (isAscii && word + 4 <= last) {
      const one = words[word] ?? 0;
      const two = words[word + 1] ?? 0;
      const three = words[word + 2] ?? 0;
      const four = words[word + 3] ?? 0;
      if (((escapesInAscii(one) | escapesInAscii(two) | escapesInAscii(three) | escapesInAscii(four)) & HIGHEST_BITS) !== 0) break;
      word += 4;
    }
    while (!isAscii && word + 4 <= last) {
      const one = words[word] ?? 0;
      const two = words[word + 1] ?? 0;
      const three = words[word + 2] ?? 0;
      const four = words[word + 3] ?? 0;
      if (((escapesIn(one) | escapesIn(two) | escapesIn(three) | escapesIn(four)) & HIGHEST_BITS) !== 0) break;
      word += 4;
    }
    return this.#escaped(Math.max(first, word << 2), end);
  }

  /** The same byte by byte. */
  #escaped(start: number, end: number): number {
    const bytes = this.#bytes;
    let at = start;
    while (at < end && ESCAPES[bytes[at] ?? 0] === undefined) at++;
    return at;
  }

  /** Makes room for so many bytes more. */
  #hold(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const room = this.#bytes;
    const expected = room.length === 0 ? this.length * ADDED + STRUCTURE : room.length * GROWN;
    const larger = roomFor(Math.max(needed, Math.ceil(expected)));
    room.copy(larger, 0, 0, this.#length);
    giveBack(room);
    this.#setRoom(larger);
  }

  #setRoom(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#words = wordsOf(bytes);
  }
}

const NOTHING = Buffer.alloc(0);

const wordsOf = ({ buffer, length }: Buffer): Int32Array => new Int32Array(buffer, 0, length >> 2);

/**
 * Has one of `HIGHEST_BITS` where one of a word's four bytes is less than a space, a quote or a backslash: a quote is what is less than 0x21 once 2
 * has been taken from it, as all below a space are with or without. https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord
 */
const escapesIn = (word: number): number => escapesInAscii(word) & ~word;
/** The same of a word that has none of them. */
const escapesInAscii = (word: number): number => ((word ^ 0x02020202) - 0x21212121) | ((word ^ 0x5c5c5c5c) - 0x01010101);
const HIGHEST_BITS = 0x80808080;

/** By byte: what stands for it in a literal, where it cannot be there as it is. */
const ESCAPES = Array.from({ length: 256 }, (_, byte) => {
  const literal = byte < 0x80 ? JSON.stringify(String.fromCharCode(byte)).slice(1, -1) : '';
  return literal.length > 1 ? Buffer.from(literal) : undefined;
});
/** UTF-8 has no more for one of JavaScript's characters. */
const MOST_BYTES = 3;
/** What stands in UTF-8 for half a character. */
const REPLACEMENT = Buffer.from('\ufffd');
const QUOTE = 0x22;
