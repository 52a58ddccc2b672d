import { isUtf8 } from 'node:buffer';
import { Json } from './json';
import { JsonWriter } from './json-writer';
import { isEscaped } from './literal';
import { parseJson } from './read';
import { charactersOf, textOf } from './utf8';

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

/** Where a long text stands in a row. */
interface Spot {
  holder: Record<string | number, unknown>;
  key: string | number;
  text: string;
  isAscii: boolean;
}

/** What is known of the long texts of what runs now; absent where nothing does that will write them. */
interface Texts {
  /** Those that it has read from a body. */
  written: Written[];
  /** Where it has put some, in a row or in what a row is made of. */
  spots: Spot[];
}

let texts: Texts | undefined;

/** Runs what reads a body and writes it as JSON: in between, long texts are kept as they were written. */
export function asWritten(run: () => void): void {
  const outer = texts;
  texts = { written: [], spots: [] };
  try {
    run();
  } finally {
    texts = outer;
  }
}

/**
 * Says where a text stands, in an object or a list of ours. Whoever shows that to code of others calls `forgetTexts`.
 * @param isAscii whether it is known to be nothing else
 */
export function putText(holder: object, key: string | number, text: string, isAscii: boolean): void {
  if (text.length >= LITERAL.length && key !== '__proto__') texts?.spots.push({ holder: holder as Spot['holder'], key, text, isAscii });
}

/** Code of others has seen a row of what runs now, or has put into it what is theirs: it may look at the row while that is written. */
export function forgetTexts(): void {
  if (texts) texts.spots = [];
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

/** What stands for a text while the rest is parsed or written. No text of others has it. */
const MARK = `the text of ${Math.random()}, `;
/** A mark in JSON, and which of the texts it stands for. */
const NUMBERED_MARK = new RegExp(`"${MARK.replace('.', '\\.')}(\\d+)"`);

/** A row as JSON. */
export function jsonOf(row: object): Json {
  const spots = texts?.spots ?? [];
  if (texts) texts.spots = [];
  const isWorthIt = spots.reduce((sum, { text }) => sum + text.length, 0) >= LITERAL.worth;
  // The application may have taught all lists, or all objects, to write themselves.
  if (!isWorthIt || 'toJSON' in spots) return Json.of(JSON.stringify(row));
  const writer = free ?? new JsonWriter();
  free = undefined; // one that fails keeps what it has: it is not used again
  const pieces: Uint8Array[] = [];
  // Every other one is which text stands between the one before and the one after it.
  for (const [index, piece] of withMarks(row, spots).split(NUMBERED_MARK).entries()) {
    if (index % 2 === 0) {
      writer.json(piece);
      continue;
    }
    const { text = '', isAscii = false } = spots[Number(piece)] ?? {};
    const written = writtenOf(text);
    if (written) pieces.push(writer.take(), written.json);
    else writer.text(text, isAscii);
  }
  pieces.push(writer.take());
  free = writer;
  return new Json(pieces);
}

let free: JsonWriter | undefined;

/** The row as JSON that has marks for its long texts. */
function withMarks(row: object, spots: readonly Spot[]): string {
  for (let index = marks.length; index < spots.length; index++) marks.push(`${MARK}${index}`);
  try {
    for (const [index, { holder, key, text }] of spots.entries()) if (holder[key] === text) holder[key] = marks[index];
    return JSON.stringify(row);
  } finally {
    for (const [index, { holder, key, text }] of spots.entries()) if (holder[key] === marks[index]) holder[key] = text;
  }
}

const marks: string[] = [];

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
