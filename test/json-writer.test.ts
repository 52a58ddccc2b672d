import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JsonWriter } from '../src/json-writer';

/** What may stand in a text, one beside the other. */
const PARTS = [
  ...Array.from({ length: 0x80 }, (_, code) => String.fromCharCode(code)),
  'the tram stops in front of the church',
  'é',
  '東京',
  '🚋',
  '\u2028',
  '\ufeff',
  '\ufffd',
  '\ud83d',
  '\ude8b',
];

const TEXTS: Readonly<Record<string, string>> = {
  nothing: '',
  'every character beside every other': PARTS.map((part) => PARTS.map((other) => part + other).join('')).join(''),
  'every ASCII character beside every other': PARTS.slice(0, 0x80)
    .map((part) =>
      PARTS.slice(0, 0x80)
        .map((other) => part + other)
        .join(''),
    )
    .join(''),
  'nothing but ASCII': 'Take tram 28 from Martim Moniz.'.repeat(5000),
  'nothing but quotes': '"'.repeat(5000),
  'an escape behind each length': Array.from({ length: 300 }, (_, length) => `${'x'.repeat(length)}\u0001`).join(''),
  'many escapes behind few': `${'x\n'.repeat(20)}${'x'.repeat(5000)}${'"'.repeat(5000)}`,
  'half a character far behind': `${'é'.repeat(50_000)}\ud83d`,
  'more than is kept': 'Take tram 28 from “Martim Moniz”.\n'.repeat(50_000),
};

const isAscii = (text: string) => Buffer.byteLength(text) === text.length;
const written = (writer: JsonWriter) => Buffer.from(writer.take([])).toString();

describe('a writer of JSON', () => {
  for (const [name, text] of Object.entries(TEXTS)) {
    it(`writes a text as JSON.stringify does: ${name}`, () => {
      const writer = new JsonWriter();
      // at each place beside a whole number of words, with each rest behind the last of them
      for (let before = 0; before < 5; before++) {
        for (let behind = 0; behind < 5; behind++) {
          const given = `${'a'.repeat(before)}${text}${'z'.repeat(behind)}`;
          for (const isKnown of [false, isAscii(given)]) {
            writer.json('[1,'.padEnd(3 + before));
            writer.text(given, isKnown);
            writer.json(']');
            assert.ok(written(writer) === `${'[1,'.padEnd(3 + before)}${JSON.stringify(given)}]`, `${before} before, ${behind} behind`);
          }
        }
      }
    });
  }

  it('writes what its parts give by chance', () => {
    const writer = new JsonWriter();
    for (let seed = 1; seed <= 3000; seed++) {
      let state = seed;
      const next = (below: number) => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1;
        return state % below;
      };
      const text = Array.from({ length: next(200) }, () => PARTS[next(seed % 2 ? PARTS.length : 12) + (seed % 2 ? 0 : 120)]).join('');
      writer.text(text, seed % 3 === 0 && isAscii(text));
      assert.equal(written(writer), JSON.stringify(text), `seed ${seed}`);
    }
  });

  it('leaves no ordinary text to V8, wherever it begins and ends', (context) => {
    const { mock } = context.mock.method(JSON, 'stringify');
    const writer = new JsonWriter();
    for (let length = 0; length < 50; length++) {
      for (const isKnown of [false, true]) writer.text(`${'x'.repeat(length)}"${'y'.repeat(length)}\n${'z'.repeat(50)}`, isKnown);
    }
    assert.equal(mock.callCount(), 0);
  });

  it('gives what is not written over by what comes next', () => {
    const writer = new JsonWriter();
    writer.text('first', true);
    const first = writer.take([]);
    writer.text('other', false);
    writer.take([]);
    assert.equal(Buffer.from(first).toString(), '"first"');
    assert.equal(writer.take([]).length, 0);
  });
});
