import { isAscii, transcode } from 'node:buffer';

/*
 * Text from UTF-8 and to it. For what is not all ASCII V8 takes 4 to 7 ns a byte (to read it up to Node 22, to write it in all), and Node's
 * `transcode` 1 to 2. V8 is the quicker one for all that is ASCII, or short.
 */
const LONG = { bytes: 4096, text: 16_384 };

/** As a `TextDecoder` gives it. */
export function textOf(bytes: Uint8Array): string {
  if (bytes.length < LONG.bytes || bytes[0] === BYTE_ORDER_MARK || isAscii(bytes)) return decoder.decode(bytes);
  try {
    return transcode(bytes, 'utf8', 'ucs2').toString('ucs2');
  } catch {
    return decoder.decode(bytes); // it is no UTF-8
  }
}

/** As `Buffer.from` gives it. */
export function bytesOf(text: string): Buffer {
  if (text.length < LONG.text || Buffer.byteLength(text) === text.length) return Buffer.from(text);
  try {
    return transcode(Buffer.from(text, 'ucs2'), 'ucs2', 'utf8');
  } catch {
    return Buffer.from(text); // it has half a character
  }
}

const decoder = new TextDecoder();
/** The first byte of one. */
const BYTE_ORDER_MARK = 0xef;
