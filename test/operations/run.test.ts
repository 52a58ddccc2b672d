import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formOf } from '../../src/operations/chunk-form';
import { invokeModelWithResponseStream } from '../../src/operations/invoke-model';
import { Lot } from '../../src/operations/lot';
import { runOf } from '../../src/operations/run';
import { random } from '../families/random';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const delta = (literal: string): Uint8Array =>
  bytesOf(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"${literal}"}}`);

/** The run that these chunks begin with. */
function run(...chunks: Uint8Array[]) {
  const [one, other] = [delta('Take'), delta(' tram')].map((chunk) => new TextDecoder().decode(chunk));
  const form = formOf(one ?? '', other ?? '');
  const lot = new Lot();
  for (const chunk of chunks) assert.ok(lot.keep(chunk));
  const kept = lot.take();
  assert.ok(form && kept);
  return runOf(form, kept, 0);
}

describe('a run of chunks', () => {
  it('has their texts as one', () => {
    const texts = ['Take', ' tram 28', '', ' to “Graça”', ' 🚋'];
    assert.deepEqual(run(...texts.map(delta)), { count: 5, text: texts.join('') });
  });

  it('has what is escaped in them parsed, as it would be in each', () => {
    const texts = ['\n', ' "28"', 'C:\\', '\u0001', '\ud83d', '\ude8b', '/', 'Graça\t', '\\"'];
    const literals = texts.map((text) => JSON.stringify(text).slice(1, -1));
    assert.deepEqual(run(...[...literals, '\\/', '\\u00E9'].map(delta)), { count: 11, text: `${texts.join('')}/é` });
  });

  it('ends before a chunk that is not one of them', () => {
    const others = [
      delta('"'),
      delta('\\'),
      delta('b\\x'),
      delta('b\\u00e'),
      delta('b\\u00eg'),
      delta('\\\\"'),
      delta('\\n\n'),
      delta('b","more":"c'),
      delta('\t'),
      bytesOf('{"type":"content_block_stop","index":0}'),
      bytesOf('{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"b"}}'),
      bytesOf('{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"b"}} '),
      Buffer.concat([delta('b').subarray(0, -3), Uint8Array.of(0x92), delta('b').subarray(-3)].slice(1)),
      bytesOf('{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"b"}]'),
      delta('b').subarray(1),
      delta('').subarray(0, -1),
      new Uint8Array(),
    ];
    for (const chunk of others)
      assert.deepEqual(run(delta('a'), chunk, delta('c')), { count: 1, text: 'a' }, new TextDecoder().decode(chunk));
  });

  it('is over where any byte around the text is another', () => {
    const chunk = delta('x');
    for (let at = 0; at < chunk.length; at++) {
      const changed = chunk.map((byte, index) => (index === at ? byte ^ 1 : byte));
      assert.equal(run(delta('a'), changed).count, at === chunk.length - 4 ? 2 : 1, `${at}`);
      assert.equal(run(delta('a'), chunk.subarray(0, at)).count, 1);
    }
  });

  it('does not make one character of the ends of two', () => {
    const [before, after] = [delta('x'), delta('x')].map((chunk) => Buffer.from(chunk));
    assert.ok(before && after);
    before[before.length - 4] = 0xc3;
    after[after.length - 4] = 0xa9;
    assert.deepEqual(run(before, after), { count: 1, text: '\ufffd' });
  });
});

describe('a stream of InvokeModel whose texts grow', () => {
  /** The application writes over its buffer as soon as it has read it. */
  const read = (chunks: readonly Uint8Array[]): unknown => {
    const input = { modelId: 'anthropic.claude-3-haiku-20240307-v1:0', body: '{}' };
    const accumulator = invokeModelWithResponseStream.stream?.accumulator(input);
    assert.ok(accumulator);
    for (const chunk of chunks) {
      const bytes = Uint8Array.from(chunk);
      accumulator.add({ chunk: { bytes } }, 0);
      bytes.fill(0x5a);
    }
    assert.ok(accumulator.complete());
    return accumulator.response().body;
  };

  it('is read as each of its chunks says, whatever stands between them', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const next = random(seed);
      const texts: string[][] = [];
      const chunks = [bytesOf('{"type":"message_start","message":{"id":"msg_1","role":"assistant","usage":{"input_tokens":9}}}')];
      const blocks = 1 + (seed % 3);
      for (let index = 0; index < blocks; index++) {
        texts.push([]);
        chunks.push(bytesOf(`{"type":"content_block_start","index":${index},"content_block":{"type":"text","text":""}}`));
        for (let count = Math.floor(next() * 200); count > 0; count--) {
          const piece = PIECES[Math.floor(next() ** 4 * PIECES.length)] ?? '';
          if (next() < 0.01) chunks.push(bytesOf('{"type":"ping"}'));
          const written = JSON.stringify({ type: 'content_block_delta', index, delta: { type: 'text_delta', text: piece } });
          chunks.push(bytesOf(next() < 0.02 ? `${written}\n` : written));
          texts[index]?.push(piece);
        }
        chunks.push(bytesOf(`{"type":"content_block_stop","index":${index}}`));
      }
      chunks.push(bytesOf('{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":500}}'));
      chunks.push(bytesOf('{"type":"message_stop"}'));
      const content = texts.map((pieces) => ({ type: 'text', text: pieces.join('') }));
      const message = { type: 'message', id: 'msg_1', role: 'assistant', stop_reason: 'end_turn' };
      assert.deepEqual(read(chunks), { ...message, content, usage: { input_tokens: 9, output_tokens: 500 } }, `seed ${seed}`);
    }
  });
});

/** The first are the most frequent. */
const PIECES = [' the', ' tram', ' Graça', ' 28', ' “here”', '', ' 🚋', '\n', ' "two"', '\\', '\u0001', ' x'.repeat(300), 'y'.repeat(5000)];
