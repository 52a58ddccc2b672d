import { isUtf8 } from 'node:buffer';
import { isProxy } from 'node:util/types';
import { Json } from './json';
import { isEscaped } from './literal';
import { parseJson } from './read';
import { bytesOf, charactersOf, textOf } from './utf8';

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
/** In how many members of a field, and how deep, a text is looked for. */
const MOST_MEMBERS = 2000;
const MAX_DEPTH = 32;

/** The long texts that have been read by what runs now; absent where nothing does that will write them. */
let texts: Written[] | undefined;

/** Runs what reads a body and writes it as JSON: in between, long texts are kept as they were written. */
export function asWritten(run: () => void): void {
  const outer = texts;
  texts = [];
  try {
    run();
  } finally {
    texts = outer;
  }
}

/**
 * Parses JSON, and keeps how its long text, if it is mostly that, stands in it: to parse a megabyte, to write it as JSON and that as UTF-8
 * takes longer than all else that is done with it, and what comes out are the very bytes that came in.
 * @param body in UTF-8. Nobody may change it any more: it is a piece of the JSON that `jsonOf` gives
 * @returns `undefined` where it is no JSON
 */
export function parseBody(body: Uint8Array): unknown {
  return (texts && body.length >= LONG ? withLongText(body, texts) : undefined) ?? parsed(textOf(body));
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
  const value = withTexts(around, (member) => (member === MARK ? text : member));
  // It is not in there if it was a name, or if another member has its place.
  if (value === around) return undefined;
  written.push({ text, json, length: hasEscapes ? Buffer.byteLength(text) : json.length - 2 });
  return value;
}

/** `undefined` where it is no JSON: that is no value that JSON has. */
function parsed(json: string): unknown {
  const value = parseJson(json);
  return value === json ? undefined : value;
}

/** The length of a text in UTF-8. */
export function lengthOf(text: string): number {
  if (text.length <= SHORT && isAllAscii(text)) return text.length;
  return (text.length >= LONG && texts?.find((written) => written.text === text)?.length) || Buffer.byteLength(text);
}

/** To look at each of up to so many characters takes less time than to ask V8. */
const SHORT = 24;

function isAllAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

/** What stands for a text while the rest is parsed or written. Nobody else has it. */
const MARK = `the text of ${Math.random()}, `;
/** A mark in JSON, and which of the texts it stands for. */
const NUMBERED_MARK = new RegExp(`"${MARK.replace('.', '\\.')}(\\d+)"`);

/** A value as JSON. */
export function jsonOf(value: unknown): Json {
  const written = texts ?? [];
  const marked = written.length === 0 ? value : withTexts(value, (member) => markOf(member, written));
  if (marked === value) return Json.of(JSON.stringify(value));
  const pieces = JSON.stringify(marked).split(NUMBERED_MARK);
  // Every other one is which text stands between the one before and the one after it.
  return new Json(pieces.flatMap((piece, index) => (index % 2 === 0 ? bytesOf(piece) : [written[Number(piece)]?.json ?? EMPTY])));
}

const EMPTY = Buffer.from('""');

function markOf(member: string, written: readonly Written[]): string {
  const index = written.findIndex(({ text }) => text === member);
  return index < 0 ? member : `${MARK}${index}`;
}

/**
 * A copy with other texts; the value itself where they are all the same. What is not on the way to one of them is shared.
 *
 * A masking function or a span customizer may have put anything into it. None of that is changed, none of their code runs, and what they
 * have made to be read or written in a way of its own does not get to see a mark: it is left as it is, with all that it holds. So is a list
 * or an object that would have to be searched for too long.
 */
function withTexts(value: unknown, change: (text: string) => string): unknown {
  let left = MOST_MEMBERS;
  const visit = (source: unknown, depth: number): unknown => {
    if (typeof source === 'string') return change(source);
    if (!isPlain(source) || depth > MAX_DEPTH) return source;
    if (Array.isArray(source) && source.length > left) return source;
    const names = Array.isArray(source) ? new Array(source.length).keys() : Object.keys(source);
    const members: unknown[] = [];
    let isChanged = false;
    for (const name of names) {
      if (depth === 0) left = MOST_MEMBERS;
      if (left-- <= 0) return source;
      const property = Object.getOwnPropertyDescriptor(source, name);
      if (!property || !('value' in property)) return source;
      const member: unknown = visit(property.value, depth + 1);
      isChanged ||= !Object.is(member, property.value);
      members.push(member);
    }
    if (!isChanged) return source;
    return Array.isArray(source) ? members : Object.fromEntries(Object.keys(source).map((name, index) => [name, members[index]]));
  };
  return visit(value, 0);
}

/** Whether it is an object or a list as JSON gives it, up to its members. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || isProxy(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === Array.prototype) && !('toJSON' in value);
}

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
