import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkReader } from '../../src/operations/chunk-reader';
import { random, randomJson } from '../families/random';

const words = [
  '',
  ' tram',
  ' "28"',
  ' C:\\',
  '\n',
  ' Graça',
  ' 東京 🚋',
  ' \u0000',
  ' \\"',
  ' a much longer piece of text than the others',
];
const word = (index: number) => words[(index * 7) % words.length] ?? '';

/** Streams as the vendors write them, and such as would mislead a reader that only compares. */
const STREAMS: Readonly<Record<string, (index: number) => string>> = {
  claude: (index) => JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: word(index) } }),
  nova: (index) =>
    JSON.stringify(
      index % 2
        ? { contentBlockDelta: { delta: { text: word(index) }, contentBlockIndex: index } }
        : { contentBlockStop: { contentBlockIndex: index } },
    ),
  llama: (index) => JSON.stringify({ generation: word(index), prompt_token_count: null, generation_token_count: index, stop_reason: null }),
  openai: (index) => JSON.stringify({ id: 'x', choices: [{ index: 0, delta: { content: word(index) }, logprobs: null }], created: index }),
  'escapes of every kind': (index) => `{"text":"\\u00e${index % 10}\\n\\/\\\\${'\\\\'.repeat(index % 3)}","b":"\\"}${index}\\""}`,
  'a name that changes': (index) => `{"a${index % 3}":"x","${index % 3}":${index}}`,
  'a member that is there twice': (index) => `{"text":"${index}","text":"last","n":${index},"n":{"n":${index}}}`,
  'numbers that are no integers': (index) =>
    `{"a":-${index},"b":1.${index},"c":${index}e3,"d":${index}.5,"e":1E${index % 9},"f":0.0${index}}`,
  'numbers with the same small fraction': (index) => `{"latency":${index}.05,"text":"${word(index).length}"}`,
  'what takes the place of a difference while it is looked for': (index) =>
    `{"x":777000777000000,"a":${index},"y":777000777000001,"b":${index}}`,
  'objects beside the way': (index) => `{"a":{"text":"${index}"},"b":{"list":[1,2,{}]},"c":[]}`,
  'numbers that are too long': (index) => `{"a":9007199254740993${index}}`,
  'a text in the place of a number': (index) => (index % 3 ? `{"a":${index}}` : `{"a":"${index}"}`),
  'null in the place of a text': (index) => (index % 3 ? `{"a":"x${index}","b":null}` : `{"a":null,"b":"end"}`),
  'a member that only some have': (index) => (index % 4 ? `{"a":"x${index}"}` : `{"a":"x${index}","b":"y"}`),
  'a text that looks like JSON': (index) => JSON.stringify({ a: `","b":"${index}`, b: `{"a":"${word(index)}"}` }),
  'white space': (index) => ` { "a" : "${index}" ,\n "b" : [ ${index} , "${index}" ] } `,
  'lists alone': (index) => `[${index},"${index}"]`,
  'no JSON': (index) => `{"a":"${index}`,
  'something behind it': (index) => `{"a":"${index}"}${index % 2 ? ' ' : '!'}`,
  'something behind some': (index) => `{"a":"${index}"}${index % 4 ? '' : '}'}`,
  'a text or a number in the place of a name': (index) => `{"${index}":"x","a":${index}}`,
  __proto__: (index) => `{"__proto__":{"a":"${index}"},"b":"${index}"}`,
  'the same again and again': () => '{"a":"x"}',
  'a fraction that two numbers are too large for': (index) => `{"t":${index < 2 ? 1_700_000_000_000_000 + index : index}.05}`,
  'a fraction that is too small for two numbers': (index) => `{"t":${index < 2 ? 5_000_000 + index : index}.0000000001}`,
  'a fraction of what is infinite': (index) => `{"t":${index < 2 ? '9'.repeat(400 + index) : index}.05}`,
  'a fraction that changes, of a number that is too large for it': (index) =>
    `{"x":777000777000000,"t":90071992547409930.${['777000777000000', '0777000777000000'][index] ?? index}}`,
  'nothing times a power that changes': (index) => `{"x":777000777000000,"t":0e${['777000777000000', '0777000777000000'][index] ?? index}}`,
  'no escape': (index) => `{"t":"${index % 3 ? '' : '\\x'}${index}"}`,
  'no whole escape': (index) => `{"t":"${index}${index % 3 ? '' : '\\u12'}"}`,
  'a control character': (index) => `{"t":"${index}${index % 3 ? '' : String.fromCharCode(index % 0x20)}"}`,
  'a control character beside an escape': (index) => `{"t":"${index}\\n${index % 3 ? '' : '\n'}"}`,
  'a number that begins with zero': (index) => `{"t":${index % 3 ? '' : '0'}${index}}`,
  'zeros and nothing else': (index) => `{"t":${index % 3 ? index % 10 : '0'.repeat(index % 4)}}`,
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

for (const [name, chunk] of Object.entries(STREAMS)) {
  test(`chunks are read as JSON.parse reads them: ${name}`, () => {
    const reader = new ChunkReader(name);
    const chunks = Array.from({ length: 60 }, (_, index) => chunk(index));
    const read = chunks.map((text) => reader.read(text));
    // At the end: a later chunk changes nothing of what an earlier one gave, and neither does whoever has been given it.
    for (const value of read) seal(value);
    for (const [index, text] of chunks.entries()) {
      assert.deepEqual(read[index], parsed(text));
      assert.equal(JSON.stringify(read[index]), JSON.stringify(parsed(text)), 'in the same order');
    }
  });
}

const seen = new WeakSet<object>();

/** Nothing in it may have been given before. */
function seal(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  assert.ok(!seen.has(value), 'shared with another chunk');
  seen.add(value);
  for (const member of Object.values(value)) seal(member);
}

/** The same JSON with other texts and numbers in some of its places. */
function varied(value: unknown, next: () => number): unknown {
  if (typeof value === 'string') return next() < 0.3 ? word(Math.floor(next() * 100)) : value;
  if (typeof value === 'number') return next() < 0.3 ? Math.floor(next() * 1000) : value;
  if (Array.isArray(value)) return value.map((item) => varied(item, next));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, varied(member, next)]));
}

test('chunks of any form that change in any place are read as JSON.parse reads them', () => {
  for (let seed = 0; seed < 2000; seed++) {
    const next = random(seed);
    const forms = [randomJson(next), randomJson(next)];
    const reader = new ChunkReader(`of forms ${seed % 200}`);
    for (let index = 0; index < 12; index++) {
      const text = JSON.stringify(varied(forms[next() < 0.8 ? 0 : 1], next)) ?? 'null';
      assert.equal(JSON.stringify(reader.read(text)), JSON.stringify(parsed(text)), `seed ${seed}, chunk ${index}: ${text}`);
    }
  }
});

for (const name of ['claude', 'nova', 'llama', 'openai']) {
  test(`a stream of like chunks takes few parsings: ${name}`, (context) => {
    const parse = context.mock.method(JSON, 'parse');
    const parsings = (count: number) => {
      parse.mock.resetCalls();
      const reader = new ChunkReader(`${name} in few parsings`);
      for (let index = 0; index < count; index++) reader.read(STREAMS[name]?.(index) ?? '');
      return parse.mock.calls.filter((call) => String(call.arguments[0]).startsWith('{')).length;
    };
    const first = parsings(1000);
    assert.ok(first < 20, `${first} of 1,000 chunks`);
    const next = parsings(10);
    assert.ok(next <= 1, `${next} of 10 chunks of the next stream`);
  });
}
