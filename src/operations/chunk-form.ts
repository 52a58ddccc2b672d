import { endOfText } from '../literal';
import { isObject, parseJson } from '../read';

/** What chunks of one form have in common: the JSON around their differences, and where in the value each difference is. */
export interface Form {
  /** One more than there are differences. */
  pieces: string[];
  /** The same in UTF-8. */
  words: DataView[];
  differences: Difference[];
  /** A chunk of this form, parsed. */
  value: object;
}

/** A text, without its quotes, or an integer. */
interface Difference {
  isText: boolean;
  path: string[];
}

const MOST_DIFFERENCES = 4;

/** The value of a chunk of this form; `undefined` for one that is not. */
export function filled({ pieces, differences, value }: Form, chunk: string): unknown {
  let result: unknown = value;
  let at = 0;
  for (let index = 0; index < pieces.length; index++) {
    const piece = pieces[index] ?? '';
    const end = at + piece.length;
    if (chunk.slice(at, end) !== piece) return undefined; // several times quicker than `startsWith`
    at = end;
    const difference = differences[index];
    if (!difference) break;
    const over = difference.isText ? endOfText(chunk, at) : endOfDigits(chunk, at);
    const member = difference.isText ? textOf(chunk, at, over) : numberOf(chunk, at, over);
    if (member === undefined) return undefined;
    result = withMember(result, difference.path, 0, member);
    at = over;
  }
  return at === chunk.length ? result : undefined;
}

/** The value of a chunk of a form with one difference. */
export const valueWith = ({ differences, value }: Form, text: string): unknown => withMember(value, differences[0]?.path ?? [], 0, text);

/** `undefined` where JSON has no such text. */
function textOf(chunk: string, start: number, end: number): string | undefined {
  if (end < 0) return undefined;
  const text = chunk.slice(start, end);
  if (!NEEDS_PARSER.test(text)) return text;
  const literal = `"${text}"`;
  const parsed = parseJson(literal);
  // What cannot be parsed is given back as it is.
  return typeof parsed === 'string' && parsed !== literal ? parsed : undefined;
}

/** A backslash, or a control character, which the parser refuses: all that is not from the space to `[`, or from `]` on. */
const NEEDS_PARSER = /[^ -[\]-\uffff]/;

/** `undefined` where JSON has no such number: there are no digits, or a zero before others. */
function numberOf(chunk: string, start: number, end: number): number | undefined {
  if (end === start || (chunk[start] === '0' && end > start + 1)) return undefined;
  return Number(chunk.slice(start, end));
}

/** A copy of what is on the way to a member, with that member replaced. */
function withMember(source: unknown, path: readonly string[], depth: number, member: unknown): unknown {
  const key = path[depth];
  if (key === undefined) return member;
  if (Array.isArray(source)) {
    const list = [...source];
    list[Number(key)] = withMember(source[Number(key)], path, depth + 1, member);
    return list;
  }
  if (!isObject(source)) return source;
  const copy = { ...source }; // has the member as its own, so that it can be set whatever its name is
  copy[key] = withMember(source[key], path, depth + 1, member);
  return copy;
}

/**
 * What two chunks have in common, where they differ in nothing but texts and numbers. Of
 *
 *     {"delta":{"text":"Take"},"index":7}
 *     {"delta":{"text":" tram"},"index":12}
 *
 * the pieces are `{"delta":{"text":"`, `"},"index":` and `}`, and the differences a text at `delta`, `text` and an integer at `index`.
 * Where they are is seen when the pieces are parsed with a probe in the place of each difference.
 */
export function formOf(one: string, other: string): Form | undefined {
  const found = differencesOf(one, other);
  if (!found) return undefined;
  const { pieces, areTexts } = found;
  const probes = areTexts.map((isText, index) => (isText ? `${PROBE}${index}` : 777_000_777_000_000 + index));
  const value = parseJson(`${pieces[0]}${probes.map((probe, index) => `${probe}${pieces[index + 1]}`).join('')}`);
  if (!isObject(value)) return undefined;
  const paths = probes.map((probe) => pathOf(value, probe));
  // One that is not found is no value: a key, or a member of which there is another.
  const differences = paths.flatMap((path, index) => (path ? [{ path, isText: areTexts[index] === true }] : []));
  const form = { pieces, words: pieces.map((piece) => wordsOf(Buffer.from(piece))), differences, value };
  const isTrue = differences.length === probes.length && isAllOnTheWay(form) && [one, other].every((chunk) => isReadBy(form, chunk));
  return isTrue ? form : undefined;
}

/** What stands in the place of a text to see where that is. */
const PROBE = `${Math.random()} `;

/** Whether each object is copied for each chunk: none is shared by two of them. */
function isAllOnTheWay({ differences, value }: Form): boolean {
  const ways = new Set(differences.flatMap(({ path }) => path.map((_, depth) => JSON.stringify(path.slice(0, depth)))));
  return objectsIn(value) === ways.size;
}

const objectsIn = (value: unknown): number =>
  typeof value !== 'object' || value === null ? 0 : Object.values(value).reduce((sum, member) => sum + objectsIn(member), 1);

/** Whether the form gives what the parser gives. It does not if another member holds the number that is a probe: the path is that member's. */
const isReadBy = (form: Form, chunk: string): boolean => JSON.stringify(filled(form, chunk)) === JSON.stringify(parseJson(chunk));

function differencesOf(one: string, other: string): { pieces: string[]; areTexts: boolean[] } | undefined {
  const pieces: string[] = [];
  const areTexts: boolean[] = [];
  let piece = 0; // where it starts in the one, as all that follows
  let text = -1; // the text that is being compared, or -1 between texts
  let at = 0;
  let lag = 0; // how much further the other is
  while (at < one.length || at + lag < other.length) {
    const character = one[at];
    if (character !== undefined && character === other[at + lag]) {
      at++;
      if (character === '"') text = text < 0 ? at : -1;
      // What is escaped is no end of a text, and is compared with its backslash.
      else if (character === '\\' && one[at] === other[at + lag]) at++;
      continue;
    }
    const isText = text >= 0;
    const start = isText ? text : startOfDigits(one, at);
    const [end, otherEnd] = [one, other].map((chunk, index) => {
      const from = start + index * lag;
      return isText ? endOfText(chunk, from) : endOfDigits(chunk, from);
    });
    if (end === undefined || otherEnd === undefined || end < start || otherEnd < start + lag) return undefined;
    if (!isText && !(isInteger(one, start, end) && isInteger(other, start + lag, otherEnd))) return undefined;
    if (pieces.push(one.slice(piece, start)) > MOST_DIFFERENCES) return undefined;
    areTexts.push(isText);
    lag = otherEnd - end;
    piece = end;
    at = end;
  }
  return pieces.length === 0 ? undefined : { pieces: [...pieces, one.slice(piece)], areTexts };
}

const isDigit = (chunk: string, at: number): boolean => {
  const code = chunk.charCodeAt(at);
  return code >= 48 && code <= 57;
};

/**
 * Whether digits are a whole number, and no part of one: in `1700000000000000.05` and `1700000000000001.05` the digits before the point
 * are all that is left when the parser has rounded them, so that the value would not tell.
 */
const isInteger = (chunk: string, start: number, end: number): boolean =>
  end > start && !OF_A_NUMBER.test(chunk.charAt(start - 1)) && !OF_A_NUMBER.test(chunk.charAt(end));

const OF_A_NUMBER = /[-+.eE]/;

function endOfDigits(chunk: string, start: number): number {
  let end = start;
  while (isDigit(chunk, end)) end++;
  return end;
}

function startOfDigits(chunk: string, at: number): number {
  let start = at;
  while (isDigit(chunk, start - 1)) start--;
  return start;
}

/** The way to a text or number, where it is the value of a member. */
function pathOf(value: unknown, leaf: unknown): string[] | undefined {
  if (typeof value !== 'object' || value === null) return value === leaf ? [] : undefined;
  for (const [key, member] of Object.entries(value)) {
    const path = pathOf(member, leaf);
    if (path) return [key, ...path];
  }
  return undefined;
}

/** Bytes, to be read four at a time. */
export const wordsOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView => new DataView(buffer, byteOffset, byteLength);
