import { parseJson } from '../read';
import { charactersOf } from '../utf8';
import { type Form, wordsOf } from './chunk-form';
import { type Chunks, SIZE } from './lot';

const [QUOTE, BACKSLASH] = [0x22, 0x5c];

/**
 * How many chunks from here on differ in nothing but a text, and what those texts are together: their bytes are read as one.
 * @param form has one difference, which is a text
 */
export function runOf(form: Form, chunks: Chunks, first: number): { count: number; text: string } {
  const [before = wordsOf(room), after = wordsOf(room)] = form.words;
  const { bytes } = chunks;
  const words = wordsOf(bytes);
  let length = 0;
  let isPlain = true;
  let index = first;
  for (; index < chunks.length; index++) {
    const start = chunks.start(index) + before.byteLength;
    const end = chunks.end(index) - after.byteLength;
    if (end < start || !stands(before, words, start - before.byteLength) || !stands(after, words, end)) break;
    // The end of a character that the chunk before might have begun.
    if (((bytes[start] ?? 0) & 0b1100_0000) === 0b1000_0000) break;
    const isPlainToo = add(bytes, start, end, length);
    if (!isPlainToo && !isEscaped(bytes, start, end)) break;
    isPlain &&= isPlainToo;
    length += end - start;
  }
  const text = charactersOf(room.subarray(0, length));
  return { count: index - first, text: isPlain ? text : String(parseJson(`"${text}"`)) };
}

/** The texts of a lot are no longer than it is. */
const room = Buffer.allocUnsafeSlow(SIZE);

/** Four bytes at a time, wherever they begin. */
function stands(piece: DataView, bytes: DataView, start: number): boolean {
  const rest = piece.byteLength & 3;
  const last = piece.byteLength - rest;
  for (let at = 0; at < last; at += 4) if (piece.getInt32(at) !== bytes.getInt32(start + at)) return false;
  for (let at = last; at < piece.byteLength; at++) if (piece.getInt8(at) !== bytes.getInt8(start + at)) return false;
  return true;
}

/** False where the text has anything that would have to be parsed. */
function add(bytes: Uint8Array, start: number, end: number, length: number): boolean {
  let parsed = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    parsed |= IS_PARSED[byte] ?? 0;
    room[length + at - start] = byte;
  }
  return parsed === 0;
}

/** By byte: 1 for control characters, the quote and the backslash. */
const IS_PARSED = Uint8Array.from({ length: 256 }, (_, byte) => (byte < 0x20 || byte === QUOTE || byte === BACKSLASH ? 1 : 0));

/** Whether it is a text of JSON, each of its escapes whole: then it is, too, with another behind it. */
function isEscaped(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === BACKSLASH) {
      const found = ESCAPE.exec(latin1(bytes, at, Math.min(at + 6, end)));
      if (!found) return false;
      at += found[0].length - 1;
    } else if (IS_PARSED[byte] === 1) return false;
  }
  return true;
}

const ESCAPE = /^\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/;
const latin1 = (bytes: Uint8Array, start: number, end: number): string => String.fromCharCode(...bytes.subarray(start, end));
