import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import vm from 'node:vm';
import { JsonWriter } from '../src/json-writer';
import { writeJson } from '../src/write-json';

const LONG = 100;
const LONG_TEXT = 'Take tram 28 to “Graça”. '.repeat(10);

/** `undefined` where it is left to `JSON.stringify`. */
function written(row: object): string | undefined {
  const writer = new JsonWriter();
  const isWritten = writeJson(writer, row, LONG, (text) => writer.text(text, false));
  return isWritten ? Buffer.from(writer.take([])).toString() : undefined;
}

/** Rows by what is special about them: each is written as JSON.stringify does. */
const ROWS: Readonly<Record<string, object>> = {
  nothing: {},
  'an empty list': { list: [], more: [[], {}] },
  'numbers of all kinds': [0, -0, 1.5, -1e21, 1e-7, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, Number.MIN_VALUE],
  'what is no JSON': { a: undefined, b: Symbol('b'), c: [undefined, Symbol('c'), null, true, false], d: null },
  'holes in a list': Object.assign(new Array(3), { 0: 1, 2: 3 }),
  'names that are no numbers and such that are': { b: 1, 2: 'two', a: 3, 1: 'one', '': '', '"\n': 4, 名: 5, ['x'.repeat(300)]: 6 },
  'a name that V8 knows': JSON.parse('{"__proto__":{"a":1},"constructor":2}'),
  'short texts with what is escaped': [
    '',
    '"',
    '\\',
    '\n\u0000\u007f',
    'é',
    '\u2028',
    '\ud83d',
    '🚋',
    'x'.repeat(64),
    'x'.repeat(65),
    '\t'.repeat(70),
  ],
  'long texts': { texts: [LONG_TEXT, `${LONG_TEXT}"\n\ud83d`], [LONG_TEXT]: LONG_TEXT },
  'members with symbols and such that are not listed': Object.defineProperty({ [Symbol('a')]: 1, b: 2 }, 'c', { value: 3 }),
  'a list with members of its own': Object.assign([1, 2], { extra: 3 }),
  'a frozen one': Object.freeze({ list: Object.freeze([1]) }),
  'a member that is read': Object.defineProperty({}, 'a', { get: () => [LONG_TEXT], enumerable: true }),
  'as deep as content may be': JSON.parse(`${'[{"a":'.repeat(50)}1${'}]'.repeat(50)}`),
};

/** What only JSON.stringify can write. */
const OTHERS: Readonly<Record<string, object>> = {
  'a date': { date: new Date(0) },
  'an object with a toJSON': { a: { toJSON: () => LONG_TEXT } },
  'a list with a toJSON': { a: Object.assign([1], { toJSON: () => 2 }) },
  'a function with a toJSON': { a: Object.assign(() => {}, { toJSON: () => 2 }) },
  'a function': [() => {}],
  'boxed values': { a: Object('text'), b: Object(1), c: Object(false) },
  'an object of a class': {
    a: new (class Place {
      name = 'Graça';
    })(),
  },
  'an object without a prototype': { a: Object.assign(Object.create(null), { b: 1 }) },
  'an object of another realm': { a: vm.runInNewContext('({ b: [1] })') },
  'deeper than content may be': JSON.parse(`${'['.repeat(500)}1${']'.repeat(500)}`),
};

describe('what writes a row as JSON', () => {
  for (const [name, row] of Object.entries(ROWS)) {
    it(`writes as JSON.stringify does: ${name}`, () => assert.equal(written(row), JSON.stringify(row)));
  }

  for (const [name, row] of Object.entries(OTHERS)) {
    it(`leaves to JSON.stringify: ${name}`, () => assert.equal(written(row), undefined));
  }

  it('leaves to JSON.stringify all that is written while objects have members that are not their own', (context) => {
    Object.defineProperty(Object.prototype, 'tram', { value: 28, enumerable: true, configurable: true });
    context.after(() => Reflect.deleteProperty(Object.prototype, 'tram'));
    assert.equal(written({ a: 1 }), undefined);
  });

  it('leaves to JSON.stringify what that refuses', () => {
    const circular: Record<string, unknown> = {};
    circular.self = [circular];
    for (const row of [{ a: 1n }, circular, { row: { circular } }]) {
      assert.equal(written(row), undefined);
      assert.throws(() => JSON.stringify(row), TypeError);
    }
  });

  it('is not at it without end', () => {
    let many: object = [LONG_TEXT];
    for (let doubled = 0; doubled < 40; doubled++) many = [many, many];
    const endless: unknown = new Proxy([], { get: (list, name) => (name === 'length' ? 4_000_000_000 : Reflect.get(list, name)) });
    for (const row of [many, { endless }]) assert.equal(written(row), undefined);
  });

  it('asks what a Proxy says of toJSON', () => {
    const get = (_: object, name: string | symbol) => (name === 'toJSON' ? () => 'tram' : undefined);
    assert.equal(written({ a: new Proxy({}, { get }) }), undefined);
  });

  it('writes rows made by chance as JSON.stringify does', () => {
    const texts = ['', 'role', 'é', '"', 'x'.repeat(99), LONG_TEXT, '\ud83d', `\\${'y'.repeat(200)}\u0001`];
    for (let seed = 1; seed <= 2000; seed++) {
      let state = seed;
      const next = (below: number) => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1;
        return (state >> 4) % below;
      };
      const make = (depth: number): unknown => {
        const kind = next(depth > 4 ? 5 : 8);
        if (kind < 2) return texts[next(texts.length)];
        if (kind < 4) return [next(1000) / 8, -next(1e9), true, null][next(4)];
        if (kind === 4) return undefined;
        const members = Array.from({ length: next(6) }, () => make(depth + 1));
        return kind === 5 ? members : Object.fromEntries(members.map((member, index) => [`${texts[next(texts.length)]}${index}`, member]));
      };
      const row = { row: make(0) };
      assert.equal(written(row), JSON.stringify(row), `seed ${seed}`);
    }
  });
});
