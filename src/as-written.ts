import { isUtf8 } from 'node:buffer';
import { guard } from './guard';
import { Json } from './json';
import { JsonWriter } from './json-writer';
import { isEscaped } from './literal';
import { parseJson } from './read';
import { charactersOf, textOf } from './utf8';
import { writeJson } from './write-json';

/** A text and the JSON that it was read from, in UTF-8 and with its quotes. */
interface Written {
  text: string;
  json: Uint8Array;
  /** Of the text, in UTF-8. */
  length: number;
}

/** Shorter texts are parsed and written in less time than they are found in. */
const LONG = 64 * 1024;
/** What may stand around a text, in bytes: with more, it is not the text that takes the time. */
const MOST_AROUND = 16 * 1024;
/** So many quotes before a long text is over say that it is to be parsed with the rest. */
const MOST_QUOTES = 20_000;
/** A file: what is made of it is no row, and would keep the body in memory. */
const FILE = /^"(?:data:[^",]{0,255},)?[\w+/=-]{250}/;
/** A text that is written by itself, in characters, and how many of them make that worth it. */
const LITERAL = { length: 1024, worth: 8 * 1024 };

/** What is known of the long texts of what runs now; absent where nothing does that will write them. */
interface Texts {
  /** Those that it has read from a body. */
  written: Written[];
  /** Those that it has put into a row or into what a row is made of, in their order, and whether they are known to be ASCII. */
  put: { text: string; isAscii: boolean }[];
}

let texts: Texts | undefined;

/** Runs what reads a body and writes it as JSON: in between, long texts are kept as they were written. */
export function asWritten(run: () => void): void {
  const outer = texts;
  texts = { written: [], put: [] };
  try {
    run();
  } finally {
    texts = outer;
  }
}

/** Says that a text will be written. @param isAscii whether it is known to be nothing else */
export function putText(text: string, isAscii: boolean): void {
  if (text.length >= LITERAL.length) texts?.put.push({ text, isAscii });
}

/**
 * Parses JSON, and keeps how its long text, if it is mostly that, stands in it: to parse a megabyte, to write it as JSON and that as UTF-8
 * takes longer than all else that is done with it, and what comes out are the very bytes that came in.
 * @param body in UTF-8. Nobody may change it any more: it is a piece of the JSON that `jsonOf` gives
 * @returns `undefined` where it is no JSON
 */
export function parseBody(body: Uint8Array): unknown {
  return (texts && body.length >= LONG ? withLongText(body, texts.written) : undefined) ?? parsed(textOf(body));
}

/** `undefined` where it has no such text, or where that cannot be kept as it is. */
function withLongText(body: Uint8Array, written: Written[]): unknown {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const [start, end] = (isUtf8(bytes) && longText(bytes)) || [0, 0];
  const json = bytes.subarray(start, end);
  if (end === 0 || FILE.test(json.toString('latin1', 0, 600))) return undefined;
  const hasEscapes = json.includes('\\');
  // With an escape for what needs none it is up to six times as long as it has to be, and as it is when the field's limit is applied. Without,
  // it is what JSON.stringify writes.
  if (hasEscapes ? json.includes('\\u') || json.includes('\\/') : hasControls(json)) return undefined;
  const text = hasEscapes ? parsed(charactersOf(json)) : charactersOf(json.subarray(1, -1));
  if (typeof text !== 'string') return undefined;
  const around = parsed(`${textOf(bytes.subarray(0, start))}"${MARK}"${charactersOf(bytes.subarray(end))}`);
  const value = around === MARK ? text : around;
  // It is not in there if it was a name, or if another member has its place.
  if (value === around && !replaceMark(around, text)) return undefined;
  written.push({ text, json, length: hasEscapes ? Buffer.byteLength(text) : json.length - 2 });
  return value;
}

/** `undefined` where it is no JSON: that is no value that JSON has. */
function parsed(json: string): unknown {
  const value = parseJson(json);
  return value === json ? undefined : value;
}

/** Puts the text in the place of the mark. False where there is none, or it is not found soon. */
function replaceMark(value: unknown, text: string): boolean {
  let left = MOST_MEMBERS;
  const visit = (source: unknown, depth: number): boolean => {
    if (typeof source !== 'object' || source === null || depth > MAX_DEPTH) return false;
    return Object.entries(source).some(([name, member]) => {
      if (member === MARK) return Reflect.set(source, name, text);
      return left-- > 0 && visit(member, depth + 1);
    });
  };
  return visit(value, 0);
}

/** In how many members of a body, and how deep. */
const MOST_MEMBERS = 5000;
const MAX_DEPTH = 32;

/** The length of a text in UTF-8. */
export function lengthOf(text: string): number {
  if (text.length <= SHORT && isAllAscii(text)) return text.length;
  return writtenOf(text)?.length ?? Buffer.byteLength(text);
}

/** How a text was written, if it was read by what runs now. */
const writtenOf = (text: string): Written | undefined =>
  text.length >= LONG ? texts?.written.find((written) => written.text === text) : undefined;

/** To look at each of up to so many characters takes less time than to ask V8. */
const SHORT = 24;

function isAllAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

/** What stands for a text while the rest is parsed. No text of others has it. */
const MARK = `the text of ${Math.random()}`;

/** A row as JSON. */
export function jsonOf(row: object): Json {
  const put = texts?.put ?? [];
  if (texts) texts.put = [];
  let length = 0;
  let longest = 0; // of those that may be there already, as they were read
  for (const { text } of put) {
    if (text.length < LONG) length += text.length;
    else longest += text.length;
  }
  if (length + longest < LITERAL.worth) return Json.of(JSON.stringify(row));
  const writer = new JsonWriter(length);
  const pieces: Uint8Array[] = [];
  const rooms: Buffer[] = [];
  let next = 0;
  const isKnownAscii = (text: string): boolean => {
    // Not always in their order: what a call has been given and what it has given stand by field in a row.
    for (let tried = next; tried < next + Math.min(put.length, MOST_TRIED); tried++) {
      const known = put[tried % put.length];
      if (known?.text !== text) continue;
      next = tried + 1;
      return known.isAscii;
    }
    return false;
  };
  const long = (text: string): void => {
    const written = writtenOf(text);
    if (written) pieces.push(writer.take(rooms), written.json);
    else writer.text(text, isKnownAscii(text));
  };
  // What throws here, such as a Proxy of somebody's, `JSON.stringify` may never ask.
  if (guard('json', () => writeJson(writer, row, LITERAL.length, long)) !== true) {
    writer.drop();
    return Json.of(JSON.stringify(row));
  }
  pieces.push(writer.take(rooms));
  return new Json(pieces, rooms);
}

/** A row that is all different from what was put into it has as many texts. */
const MOST_TRIED = 64;

/** Where the literal of a text stands that is nearly all of some JSON. */
function longText(json: Buffer): readonly [number, number] | undefined {
  let start = json.indexOf(QUOTE);
  for (let quotes = 0; start >= 0 && start < MOST_AROUND; quotes++) {
    let end = json.indexOf(QUOTE, start + 1);
    while (isEscaped(json, end)) {
      if (quotes++ > MOST_QUOTES) return undefined;
      end = json.indexOf(QUOTE, end + 1);
    }
    if (end < 0 || quotes > MOST_QUOTES) return undefined;
    if (end - start > json.length - MOST_AROUND) return [start, end + 1];
    start = json.indexOf(QUOTE, end + 1);
  }
  return undefined;
}

const QUOTE = 0x22;

/** Whether there are control characters, which have no place in a literal. To look for each of them takes half the time of looking at each byte. */
const hasControls = (json: Buffer): boolean => CONTROLS.some((control) => json.includes(control));

const CONTROLS = Array.from({ length: 0x20 }, (_, control) => control);
