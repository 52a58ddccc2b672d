import { isEscaped } from './literal';
import { parseJson } from './read';

/** A text and the JSON that it was read from, in UTF-8 and with its quotes. */
interface Written {
  text: string;
  json: Uint8Array;
}

/** Shorter texts are parsed and written in less time than they are found in. */
const LONG = 64 * 1024;
/** What may stand around a text, in characters: with more, it is not the text that takes the time. */
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
 * @param json the body as a text
 * @param body the same in UTF-8
 * @returns the text itself where it is no JSON
 */
export function parseBody(json: string, body: Uint8Array): unknown {
  const isUtf8 = body[0] !== BYTE_ORDER_MARK && !json.includes('\uFFFD');
  const found = texts && json.length >= LONG && isUtf8 ? longText(json) : undefined;
  if (!texts || !found) return parseJson(json);
  const [start, end] = found;
  const literal = json.slice(start, end);
  const bytes = body.subarray(Buffer.byteLength(json.slice(0, start)), body.length - Buffer.byteLength(json.slice(end)));
  // With escapes for what is not ASCII it is several times as long as it has to be.
  if (FILE.test(literal) || literal.includes('\\u')) return parseJson(json);
  const text = literal.includes('\\') || hasControls(bytes) ? parseJson(literal) : literal.slice(1, -1);
  const value = parseJson(`${json.slice(0, start)}"${PLACE}"${json.slice(end)}`);
  const [place] = placesIn(value, (member) => member === PLACE);
  // A literal that is none is given as it is; what has no place was a name, or another member has it.
  if (typeof text !== 'string' || text === literal || !place) return parseJson(json);
  texts.push({ text, json: bytes });
  Reflect.set(place.holder, place.name, text);
  return value;
}

/** The first byte of one, which a decoder leaves out. */
const BYTE_ORDER_MARK = 0xef;
/** What stands in a text's place while the rest is parsed or written. Nobody else has it. */
const PLACE = `the text of ${Math.random()}, `;

/** A value as JSON in UTF-8. */
export function jsonOf(value: unknown): Buffer {
  const written = texts ?? [];
  const indexOf = (member: unknown) => (typeof member === 'string' ? written.findIndex(({ text }) => text === member) : -1);
  const places = written.length === 0 ? [] : placesIn(value, (member) => indexOf(member) >= 0);
  if (places.length === 0) return Buffer.from(JSON.stringify(value));
  for (const { holder, name, member } of places) Reflect.set(holder, name, `${PLACE}${indexOf(member)}`);
  try {
    const pieces = JSON.stringify(value).split(PLACES);
    // Every other one is which text stands between the one before and the one after it.
    return Buffer.concat(pieces.map((piece, index) => (index % 2 === 0 ? Buffer.from(piece) : (written[Number(piece)]?.json ?? EMPTY))));
  } finally {
    // It may be another's, who sees nothing of it.
    for (const { holder, name, member } of places) Reflect.set(holder, name, member);
  }
}

const PLACES = new RegExp(`"${PLACE.replace('.', '\\.')}(\\d+)"`);
const EMPTY = Buffer.from('""');

interface Place {
  holder: object;
  name: string;
  member: unknown;
}

/** The members at any depth that are wanted, among the first of each member of the value itself. */
function placesIn(value: unknown, isWanted: (member: unknown) => boolean): Place[] {
  const places: Place[] = [];
  let left = MOST_MEMBERS;
  const visit = (holder: unknown, depth: number) => {
    if (typeof holder !== 'object' || holder === null || depth > MAX_DEPTH) return;
    const names = Array.isArray(holder) ? Array.from(holder.slice(0, left + 1).keys(), String) : Object.keys(holder);
    for (const name of names) {
      if (depth === 0) left = MOST_MEMBERS;
      if (left-- < 0) return;
      const member: unknown = Reflect.get(holder, name);
      if (isWanted(member)) places.push({ holder, name, member });
      else visit(member, depth + 1);
    }
  };
  visit(value, 0);
  return places;
}

/** Where the literal of a text stands that is nearly all of some JSON. */
function longText(json: string): readonly [number, number] | undefined {
  let start = json.indexOf('"');
  for (let quotes = 0; start >= 0 && start < MOST_AROUND; quotes++) {
    let end = json.indexOf('"', start + 1);
    while (isEscaped(json, end)) {
      if (quotes++ > MOST_QUOTES) return undefined;
      end = json.indexOf('"', end + 1);
    }
    if (end < 0 || quotes > MOST_QUOTES) return undefined;
    if (end - start > json.length - MOST_AROUND) return [start, end + 1];
    start = json.indexOf('"', end + 1);
  }
  return undefined;
}

/** Whether there are control characters, which have no place in a literal. To look for each of them takes half the time of looking at each byte. */
function hasControls({ buffer, byteOffset, byteLength }: Uint8Array): boolean {
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  return CONTROLS.some((control) => bytes.includes(control));
}

const CONTROLS = Array.from({ length: 0x20 }, (_, control) => control);
