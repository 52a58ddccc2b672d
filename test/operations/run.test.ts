import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formOf } from '../../src/operations/chunk-form';
import { invokeModelWithResponseStream } from '../../src/operations/invoke-model';
import { Run } from '../../src/operations/run';
import { random } from '../families/random';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const delta = (literal: string): Uint8Array =>
  bytesOf(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"${literal}"}}`);

function runOfDeltas(): Run {
  const form = formOf(...([delta('Take'), delta(' tram')].map((chunk) => new TextDecoder().decode(chunk)) as [string, string]));
  assert.ok(form);
  return new Run(form);
}

const textOf = (value: unknown): unknown => Reflect.get(Object(Reflect.get(Object(value), 'delta')), 'text');

describe('a run of chunks', () => {
  it('gives their texts as one, once', () => {
    const run = runOfDeltas();
    for (const text of ['Take', ' tram 28', ' to “Graça”', ' 🚋']) assert.ok(run.keep(delta(text)));
    assert.deepEqual(run.take(), {
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text: 'Take tram 28 to “Graça” 🚋' },
    });
    assert.equal(run.take(), undefined);
    assert.ok(run.keep(delta('again')));
    assert.equal(textOf(run.take()), 'again');
  });

  it('keeps nothing of a chunk that is not one of them', () => {
    const run = runOfDeltas();
    assert.ok(run.keep(delta('a')));
    const others = [
      delta('\\n'),
      delta('\\"'),
      delta('"'),
      delta('b","more":"c'),
      delta('\t'),
      delta(''),
      bytesOf('{"type":"content_block_stop","index":0}'),
      bytesOf('{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"b"}}'),
      bytesOf('{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"b"}} '),
      Buffer.concat([delta('b').subarray(0, -3), Uint8Array.of(0x92), delta('b').subarray(-3)].slice(1)),
      bytesOf('{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"b"}]'),
      delta('b').subarray(1),
      new Uint8Array(),
    ];
    for (const chunk of others) assert.ok(!run.keep(chunk), new TextDecoder().decode(chunk));
    assert.equal(textOf(run.take()), 'a');
  });

  it('does not make one character of the ends of two', () => {
    const run = runOfDeltas();
    const [before, after] = [delta('x'), delta('x')].map((chunk) => Buffer.from(chunk));
    assert.ok(before && after);
    before[before.length - 4] = 0xc3;
    after[after.length - 4] = 0xa9;
    assert.ok(run.keep(before));
    assert.ok(!run.keep(after));
    assert.equal(textOf(run.take()), '\ufffd');
  });

  it('is full some time', () => {
    const run = runOfDeltas();
    let kept = 0;
    while (kept < 1000 && run.keep(delta('x'.repeat(100)))) kept++;
    assert.ok(kept < 1000);
    assert.equal(textOf(run.take()), 'x'.repeat(100 * kept));
    assert.ok(run.keep(delta('x'.repeat(100))));
    assert.ok(!runOfDeltas().keep(delta('x'.repeat(5000))));
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
