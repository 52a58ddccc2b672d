import { parseJson } from './read';

/** A text and the JSON that it was read from, in UTF-8 and with its quotes. */
interface Written {
  text: string;
  json: Uint8Array;
}

/** Shorter texts are parsed and written in less time than they are found in. */
const LONG = 64 * 1024;
/** So many quotes before a long text is over say that it is to be parsed with the rest. */
const MOST_QUOTES = 20_000;

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
  const found = texts && json.length >= LONG && !json.includes('\uFFFD') ? longText(json) : undefined;
  if (!texts || !found) return parseJson(json);
  const [start, end] = found;
  const first = Buffer.byteLength(json.slice(0, start));
  const bytes = body.subarray(first, body.length - Buffer.byteLength(json.slice(end)));
  // Not so behind a byte order mark.
  if (bytes[0] !== QUOTE || bytes[bytes.length - 1] !== QUOTE) return parseJson(json);
  const literal = json.slice(start, end);
  const text = literal.includes('\\') || hasControls(bytes) ? parseJson(literal) : literal.slice(1, -1);
  const value = parseJson(`${json.slice(0, start)}"${PLACE}"${json.slice(end)}`);
  // One that is no JSON is given as it is.
  if (typeof text !== 'string' || text === literal || !isPut(text, value, 0)) return parseJson(json);
  texts.push({ text, json: bytes });
  return value;
}

const QUOTE = 0x22;
/** What stands in a text's place while the rest is parsed or written. Nobody else has it. */
const PLACE = `the text of ${Math.random()}, `;

/** A value as JSON in UTF-8. */
export function jsonOf(value: unknown): Buffer {
  const written = texts ?? [];
  if (written.length === 0) return Buffer.from(JSON.stringify(value));
  const json = JSON.stringify(value, (_name, member: unknown) => {
    const index = typeof member === 'string' && member.length > LONG / 8 ? written.findIndex(({ text }) => text === member) : -1;
    return index < 0 ? member : `${PLACE}${index}`;
  });
  const pieces = json.split(PLACES).map((piece, index) => (index % 2 === 0 ? Buffer.from(piece) : (written[Number(piece)]?.json ?? EMPTY)));
  return Buffer.concat(pieces);
}

const PLACES = new RegExp(`"${PLACE.replace('.', '\\.')}(\\d+)"`);
const EMPTY = Buffer.from('""');

/** Where the literal of a text stands that is more than half of some JSON. */
function longText(json: string): readonly [number, number] | undefined {
  let start = json.indexOf('"');
  for (let quotes = 0; start >= 0 && start < json.length / 2; quotes++) {
    let end = json.indexOf('"', start + 1);
    while (isEscaped(json, end)) {
      if (quotes++ > MOST_QUOTES) return undefined;
      end = json.indexOf('"', end + 1);
    }
    if (end < 0 || quotes > MOST_QUOTES) return undefined;
    if (end - start > json.length / 2) return [start, end + 1];
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

function isEscaped(json: string, at: number): boolean {
  let start = at;
  while (json.charCodeAt(start - 1) === BACKSLASH) start--;
  return (at - start) % 2 === 1;
}

const BACKSLASH = 92;

/** No answer is deeper; a hostile one is. */
const MAX_DEPTH = 32;

/** Puts a text into its place, which is a member's value or, where there is none, was a name. */
function isPut(text: string, value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return false;
  return Object.entries(value).some(([name, member]) =>
    member === PLACE ? Reflect.set(value, name, text) : isPut(text, member, depth + 1),
  );
}
