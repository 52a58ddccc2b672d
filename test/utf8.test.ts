import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytesOf, textOf } from '../src/utf8';

const TEXTS: Readonly<Record<string, string>> = {
  nothing: '',
  ASCII: 'Take tram 28. ',
  'one byte a character': 'Graça, déjà vu: ',
  'two bytes a character': 'the “miradouro” — 東京 ',
  'characters of two halves': 'tram 🚋 ',
  'half a character': 'tram \ud83d ',
  'the other half': '\ude8b tram ',
  'a zero': 'a\u0000é',
  'what stands for what is none': 'é \ufffd ',
};

const BYTES: Readonly<Record<string, readonly number[]>> = {
  'a byte that is none': [0x61, 0xff, 0x62],
  'a character cut short': [0xe6, 0x9d],
  'half a character': [0xed, 0xa0, 0xbd],
  'a long form': [0xc0, 0x80, 0x61],
  'a byte order mark': [0xef, 0xbb, 0xbf, 0x61, 0xc3, 0xa9],
};

/** Once, and as often as makes it short and long of either. */
const LENGTHS = [1, 4000, 5000, 16_000, 17_000, 100_000];

const repeated = (text: string, length: number) => text.repeat(length === 1 || text === '' ? 1 : Math.ceil(length / text.length));

describe('UTF-8', () => {
  for (const [name, text] of Object.entries(TEXTS)) {
    it(`writes and reads ${name} as Node does`, () => {
      for (const length of LENGTHS) {
        for (const given of [repeated(text, length), `${repeated(text, length)}x`, `é${repeated(text, length)}`]) {
          const bytes = Buffer.from(given);
          assert.ok(Buffer.concat(bytesOf(given)).equals(bytes), `${length} characters`);
          assert.ok(textOf(bytes) === new TextDecoder().decode(bytes), `${bytes.length} bytes`);
        }
      }
    });
  }

  for (const [name, bytes] of Object.entries(BYTES)) {
    it(`reads ${name} as Node does`, () => {
      for (const length of LENGTHS) {
        const around = Buffer.from(repeated('Graça ', length));
        for (const given of [[...bytes], [...bytes, ...around], [...around, ...bytes], [...around, ...bytes, ...around]]) {
          const all = new Uint8Array(given);
          assert.ok(textOf(all) === new TextDecoder().decode(all), `${all.length} bytes`);
        }
      }
    });
  }

  it('reads bytes that are part of others', () => {
    const all = Buffer.from('é'.repeat(20_000));
    assert.equal(textOf(all.subarray(2, 30_002)), 'é'.repeat(15_000));
  });
});
