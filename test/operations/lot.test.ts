import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AnthropicStream } from '../../src/families/anthropic-stream';
import { invokeModelWithResponseStream } from '../../src/operations/invoke-model';
import { Lot } from '../../src/operations/lot';
import { random } from '../families/random';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The texts of the chunks that a lot has kept. */
function taken(lot: Lot): string[] {
  const chunks = lot.take();
  return Array.from({ length: chunks?.length ?? 0 }, (_, index) => chunks?.text(index) ?? '');
}

describe('a lot of chunks', () => {
  it('gives their texts in their order, once', () => {
    const lot = new Lot();
    const texts = ['{"a":1}', '', '{"b":"x"}'];
    assert.deepEqual(
      texts.map((text) => lot.keep(bytesOf(text))),
      [true, true, true],
    );
    assert.deepEqual(taken(lot), texts);
    assert.deepEqual(taken(lot), []);
    assert.ok(lot.keep(bytesOf('again')));
    assert.deepEqual(taken(lot), ['again']);
  });

  it('refuses what it has no room for, and has it again when it has been taken', () => {
    const lot = new Lot();
    const chunk = new Uint8Array(1000).fill(0x61);
    let kept = 0;
    while (lot.keep(chunk)) kept++;
    assert.equal(kept, 8);
    assert.equal(taken(lot).length, kept);
    assert.ok(lot.keep(chunk));
    assert.ok(!new Lot().keep(new Uint8Array(9000)));
  });

  it('gives each chunk by itself what a decoder gives of it, whatever it is cut in the middle of', () => {
    const cases = [
      ['caf\u00e9', ' 東京 🚋', 'plain'].map(bytesOf),
      [Uint8Array.of(0x61, 0xc3), Uint8Array.of(0xa9, 0x62)], // one letter in two chunks
      [Uint8Array.of(0xe2, 0x82), Uint8Array.of(0xac)],
      [Uint8Array.of(0xff, 0x80), Uint8Array.of(0x61)], // as many characters as bytes
      [Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b), bytesOf('}')],
      [bytesOf('{'), Uint8Array.of(0xef, 0xbb, 0xbf, 0x7d)],
      ['{\n"a": 1\n}', '\n', '', '{}\n'].map(bytesOf),
      [Uint8Array.of(0x61, 0xe2, 0x82), bytesOf('\n'), bytesOf('Graça')],
      Array.from({ length: 40 }, (_, index) => bytesOf(`{"text":" Graça “${index}” — ${'x'.repeat(40)}"}`)),
      Array.from({ length: 40 }, (_, index) => Uint8Array.of(...bytesOf(`{"text":" Graça ${'x'.repeat(60)}`), index % 2 ? 0xc3 : 0x22)),
    ];
    for (const chunks of cases) {
      const lot = new Lot();
      for (const chunk of chunks) assert.ok(lot.keep(chunk));
      assert.deepEqual(
        taken(lot),
        chunks.map((chunk) => new TextDecoder().decode(chunk)),
      );
    }
  });
});

describe('a stream of InvokeModel', () => {
  const chunks = [
    { type: 'message_start', message: { id: 'msg_1', role: 'assistant', usage: { input_tokens: 9 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...Array.from({ length: 500 }, (_, index) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text: index === 250 ? 'long '.repeat(2000) : index % 50 ? ` word ${index}` : ` Graça ${index} 🚋` },
    })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 500 } },
    { type: 'message_stop', 'amazon-bedrock-invocationMetrics': { inputTokenCount: 9, outputTokenCount: 500 } },
  ];
  const expected = chunks.map((chunk) => ('delta' in chunk && chunk.delta && 'text' in chunk.delta ? chunk.delta.text : '')).join('');

  /** The application writes over its buffer as soon as it has read it. */
  const read = (count: number) => {
    const accumulator = invokeModelWithResponseStream.stream?.accumulator({
      modelId: 'anthropic.claude-3-haiku-20240307-v1:0',
      body: '{}',
    });
    assert.ok(accumulator);
    for (const chunk of chunks.slice(0, count)) {
      const bytes = bytesOf(JSON.stringify(chunk));
      accumulator.add({ chunk: { bytes } });
      bytes.fill(0x20);
    }
    return accumulator;
  };

  it('is the whole answer, in the order of its chunks, though the application writes over them', () => {
    const accumulator = read(chunks.length);
    const { body, ...added } = accumulator.response();
    assert.deepEqual(body, {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      stop_reason: 'end_turn',
      content: [{ type: 'text', text: expected }],
      usage: { input_tokens: 9, output_tokens: 500 },
    });
    assert.deepEqual(added, { 'amazon-bedrock-invocationMetrics': { inputTokenCount: 9, outputTokenCount: 500 } });
    assert.ok(accumulator.complete());
  });

  it('is what has come when it ends in the middle, and can be asked again', () => {
    const accumulator = read(100);
    assert.equal(accumulator.complete(), false);
    const text = chunks
      .slice(0, 100)
      .map((chunk) => ('delta' in chunk && chunk.delta && 'text' in chunk.delta ? chunk.delta.text : ''))
      .join('');
    for (let times = 0; times < 2; times++)
      assert.deepEqual(Reflect.get(Object(accumulator.response().body), 'content'), [{ type: 'text', text }]);
  });

  it('is what its events make one by one, though those that go on with a text are given as one', () => {
    let given = 0;
    for (let seed = 0; seed < 300; seed++) {
      const next = random(seed);
      const events = Array.from({ length: 150 }, () => anyEvent(next));
      const expected = new AnthropicStream();
      for (const event of events) expected.add(JSON.parse(event));
      const { add } = AnthropicStream.prototype;
      AnthropicStream.prototype.add = function (event) {
        given++;
        return add.call(this, event);
      };
      const read = invokeModelWithResponseStream.stream?.accumulator({ modelId: `anthropic.claude-${seed % 20}`, body: '{}' });
      try {
        for (const event of events) read?.add({ chunk: { bytes: bytesOf(event) } });
        assert.deepEqual(read?.response().body, expected.response());
      } finally {
        AnthropicStream.prototype.add = add;
      }
    }
    assert.ok(given < 0.9 * 300 * 150, `${given} events were given`);
  });
});

const pick = <T>(next: () => number, items: readonly T[]): T => items[Math.floor(next() * items.length)] as T;

/** A kind of event often comes again, as it does in a stream. */
let last = 0;
function anyEvent(next: () => number): string {
  last = next() < 0.9 ? last : Math.floor(next() * 9);
  const text = pick(next, [
    '',
    ' tram',
    ' Graça',
    ' “28”',
    '\n',
    '\\"',
    '🚋',
    '\ud83d',
    '\ude8b',
    '東京',
    'x'.repeat(600),
    '"},"index":1,"x":{"y":"',
  ]);
  const index = next() < 0.95 ? 0 : 1;
  const delta = (type: string, members: object) => ({ type: 'content_block_delta', index, delta: { type, ...members } });
  const events = [
    delta('text_delta', { text }),
    delta('thinking_delta', { thinking: text }),
    delta('signature_delta', { signature: text }),
    delta('input_json_delta', { partial_json: text }),
    delta('citations_delta', { citation: { cited_text: 'a' }, text }),
    delta('text_delta', { text: 'the same', thinking: text }),
    delta('unknown_delta', { text }),
    { type: 'message_delta', delta: { stop_reason: text }, usage: { output_tokens: index } },
    { type: 'content_block_start', index, content_block: { type: 'text', text } },
  ];
  return JSON.stringify(events[last]);
}
