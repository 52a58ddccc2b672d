import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { familyOf } from '../../src/families';
import type { JsonObject } from '../../src/types';
import { plain } from './plain';

const opaque = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/a1b2c3';
const PNG = `iVBORw0KGgo${'A'.repeat(120)}`;

for (const modelId of [opaque, 'newvendor.model-v1']) {
  test(`${modelId}: a request that only resembles a format is recorded as it is`, () => {
    const bodies: JsonObject[] = [
      { inputType: 'chat', question: 'why?', history: [{ q: 'a' }] },
      { message: 'hello', persona: 'pirate', context: 'at sea' },
      { messages: ['a', 'b'] },
      { messages: [{ role: 'user', content: 'a' }], passages: ['long ago'] },
      { prompt: 'a', document: 'b' },
      { inputs: 'a', context: 'b' },
      { query: 'a', documents: ['b'], answer: 'c' },
    ];
    for (const body of bodies) assert.deepEqual(plain(familyOf(modelId, body).request(body).input), body);
    const asked = { image: PNG, question: 'what is it?' };
    assert.deepEqual(plain(familyOf(modelId, asked).request(asked).input), {
      image: { file: 'image/png', byteLength: 98 },
      question: 'what is it?',
    });
  });

  test(`${modelId}: a response that only resembles a format is recorded as it is`, () => {
    const bodies: JsonObject[] = [
      { choices: ['a', 'b'], answer: 'z' },
      { choices: [{ label: 'a' }] },
      { embedding: 'text', answer: 'a' },
      { images: ['https://example.com/a.png'], caption: 'a' },
      { content: [{ type: 'text', text: 'a' }], stop_reason: 'end_turn', extra: 'b' },
      { text: 'a', finish_reason: 'stop', summary: 'b' },
      { results: [], answer: 'a' },
      { generation: 'a', notes: ['b'] },
      { generation: 'banana', answer: 'a' },
      { generation: 'a', details: 'a long story of its own' },
      { text: 'a', finish_reason: 'stop', response: 'b', data: 'c' },
    ];
    for (const body of bodies) {
      const request = { anything: 'a' };
      assert.deepEqual(plain(familyOf(modelId, request, body).response(body, request).output), body);
      const accumulator = familyOf(modelId, request, body).accumulator();
      accumulator.add(body);
      const streamed = accumulator.response();
      assert.deepEqual(plain(familyOf(modelId, request, streamed).response(streamed, request).output), body);
    }
  });
}

test('settings that a format does not name do not hide it', () => {
  const body = { messages: [{ role: 'user', content: 'a' }], reasoning_effort: 'low', user: 'b', logit_bias: {}, seed: 1 };
  assert.deepEqual(familyOf(opaque, body).request(body).input, body.messages);
  const history = [{ role: 'USER', message: 'a' }];
  const command = { text: 'b', generation_id: 'c', chat_history: history, finish_reason: 'COMPLETE' };
  assert.deepEqual(familyOf(opaque, { message: 'a' }, command).response(command, {}).output, [
    { role: 'assistant', content: [{ type: 'text', text: 'b' }] },
  ]);
  const answer = {
    id: 'a',
    object: 'chat.completion',
    choices: [{ message: { role: 'assistant', content: 'b' } }],
    service_tier: 'c',
    obfuscation: 'd',
  };
  assert.deepEqual(familyOf(opaque, body, answer).response(answer, body).output, [{ role: 'assistant', content: 'b' }]);
});

test('every case is read the same where only the body tells', () => {
  const root = path.join(__dirname, '../cases');
  // their requests say no more than a question does
  const ambiguous = ['embedding/titan-text-bare', 'image/stability-nothing-made'];
  for (const folder of fs
    .readdirSync(root)
    .flatMap((family) => fs.readdirSync(path.join(root, family)).map((name) => `${family}/${name}`))) {
    const read = (name: string) => {
      const file = path.join(root, folder, `${name}.json`);
      return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined;
    };
    const { modelId, body } = read('request');
    const [whole, events] = [read('response'), read('events')];
    const outputs = (id: string) => {
      const accumulator = familyOf(id, body, events?.[0]).accumulator();
      for (const event of events ?? []) accumulator.add(event);
      const streamed = accumulator.response();
      return plain([
        whole && familyOf(id, body, whole).response(whole, body).output,
        events && familyOf(id, body, events[0]).response(streamed, body).output,
      ]);
    };
    assert.deepEqual(outputs(opaque), outputs(modelId), folder);
    if (ambiguous.includes(folder)) continue;
    assert.deepEqual(plain(familyOf(opaque, body).request(body).input), plain(familyOf(modelId, body).request(body).input), folder);
  }
});
