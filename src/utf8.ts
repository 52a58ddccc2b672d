import { isAscii, transcode } from 'node:buffer';

/*
 * Text from UTF-8 and to it. For what is not all ASCII V8 takes 4 to 7 ns a byte (to read it up to Node 22, to write it in all), and Node's
 * `transcode` 1 to 2. What it gives has its memory outside of V8's heap, and megabytes there have V8 collect all of its own: so a long text is
 * done by the part, and the parts are soon free again.
 */
/** In bytes, and in characters: small rows are many, and share the pool of `Buffer.from`. */
const LONG_BYTES = 2048;
export const LONG_TEXT = 16 * 1024;
const PART = 32 * 1024;

/** Without a byte order mark. */
export function textOf(bytes: Uint8Array): string {
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return charactersOf(isMarked ? bytes.subarray(3) : bytes);
}

/** With a byte order mark, where it begins with one: that is a character, too. */
export function charactersOf(bytes: Uint8Array): string {
  if (bytes.length < LONG_BYTES || isAscii(bytes)) return decoder.decode(bytes);
  try {
    let text = '';
    for (let start = 0; start < bytes.length; ) {
      const end = endOfPart(bytes, start);
      const part = bytes.subarray(start, end);
      text += isAscii(part) ? decoder.decode(part) : transcode(part, 'utf8', 'ucs2').toString('ucs2');
      start = end;
    }
    return text;
  } catch {
    return decoder.decode(bytes); // it is no UTF-8
  }
}

/** Between two characters. */
function endOfPart(bytes: Uint8Array, start: number): number {
  let end = Math.min(start + PART, bytes.length);
  while (end < bytes.length && end > start + 1 && ((bytes[end] ?? 0) & 0b1100_0000) === 0b1000_0000) end--;
  return end;
}

/** What `Buffer.from` gives, in pieces. */
export function bytesOf(text: string): Uint8Array[] {
  if (text.length < LONG_TEXT || Buffer.byteLength(text) === text.length) return [Buffer.from(text)];
  try {
    const pieces: Uint8Array[] = [];
    for (let start = 0; start < text.length; ) {
      const end = start + PART - (isHalf(text, start + PART) ? 1 : 0);
      const length = wide.write(text.slice(start, end), 'ucs2');
      pieces.push(transcode(wide.subarray(0, length), 'ucs2', 'utf8'));
      start = end;
    }
    return pieces;
  } catch {
    return [Buffer.from(text)]; // it has half a character
  }
}

/** Whether a character begins before this place and ends behind it. */
const isHalf = (text: string, at: number): boolean => /[\ud800-\udbff]/.test(text.charAt(at - 1));

/** A part in two bytes a character. */
const wide = Buffer.allocUnsafeSlow(2 * PART);
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
