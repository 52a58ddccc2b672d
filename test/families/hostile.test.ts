import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { familyOf } from '../../src/families';
import type { JsonObject } from '../../src/types';
import { plain } from './plain';
import { mutated, random, randomJson } from './random';

interface Case {
  modelId: string;
  body: JsonObject;
  whole: JsonObject | undefined;
  events: JsonObject[];
}

const root = path.join(__dirname, '../cases');
const cases: Case[] = fs.readdirSync(root).flatMap((family) =>
  fs.readdirSync(path.join(root, family)).map((name) => {
    const read = (file: string) => {
      const full = path.join(root, family, name, file);
      return fs.existsSync(full) ? JSON.parse(fs.readFileSync(full, 'utf8')) : undefined;
    };
    return { ...read('request.json'), whole: read('response.json'), events: read('events.json') ?? [] };
  }),
);
const modelIds = [...new Set(cases.map(({ modelId }) => modelId)), '', 'no-such-model', 'arn:aws:bedrock:::x/y', '__proto__.constructor'];

/** Everything that a call does to its family. Gives what a row would hold. */
function run(modelId: string, request: JsonObject, response: JsonObject, events: JsonObject[]): unknown {
  const before = JSON.stringify([request, response, events]);
  const family = familyOf(modelId, request);
  const accumulator = familyOf(modelId, request, events[0]).accumulator();
  for (const event of events) assert.equal(typeof accumulator.add(event), 'boolean');
  assert.equal(typeof accumulator.complete(), 'boolean');
  const streamed = accumulator.response();
  const fields = [
    family.request(request),
    familyOf(modelId, request, response).response(response, request),
    family.response(response, request),
    familyOf(modelId, request, streamed).response(streamed, request),
  ];
  assert.equal(JSON.stringify([request, response, events]), before, 'what belongs to the application was changed');
  for (const { metrics } of fields) for (const value of Object.values(metrics ?? {})) assert.equal(typeof value, 'number');
  return plain(fields);
}

const BASE64_FILE = /"(?:iVBOR|\/9j\/|JVBER|UklGR|R0lGOD|SUQz|UEsDB|AAAA)[A-Za-z0-9+/=]{55,}"/;
const VECTOR = /(?:-?\d+\.\d+(?:e-?\d+)?,){100}/;

test('no JSON, in any order of any events, makes a family throw', () => {
  const next = random(1);
  for (let round = 0; round < 3000; round++) {
    const modelId = modelIds[round % modelIds.length] ?? '';
    const bodies = Array.from({ length: 6 }, () => randomJson(next) as JsonObject);
    const [request = {}, response = {}, ...events] = bodies;
    run(modelId, request, response, events);
  }
  assert.equal(Object.getOwnPropertyDescriptor(Object.prototype, 'polluted'), undefined);
});

test('a damaged body is read, without a vector or a file in it', () => {
  const next = random(2);
  for (let round = 0; round < 40; round++) {
    for (const { modelId, body, whole, events } of cases) {
      const broken = events.map((event) => (next() < 0.3 ? mutated(event, next) : event)).filter(() => next() > 0.1);
      const row = JSON.stringify(run(modelId, mutated(body, next), mutated(whole ?? {}, next), broken));
      assert.doesNotMatch(row, VECTOR);
    }
  }
});

test('no file and no vector is in the fields of any family', () => {
  for (const { modelId, body, whole, events } of cases) {
    const row = JSON.stringify(run(modelId, body, whole ?? {}, events));
    assert.doesNotMatch(row, BASE64_FILE, modelId);
    assert.doesNotMatch(row, VECTOR, modelId);
  }
});

test('bodies of one vendor under the id of another are read as what they are', () => {
  for (const { modelId, body, whole, events } of cases) {
    if (whole === undefined || events.length === 0) continue;
    const expected = outputOf(modelId, body, whole);
    const opaque = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/x1y2z3';
    for (const other of ['anthropic.claude-3-haiku-20240307-v1:0', 'amazon.nova-lite-v1:0', 'meta.llama3-8b-instruct-v1:0', opaque]) {
      assert.deepEqual(outputOf(other, body, whole), expected, `${modelId} under ${other}`);
    }
  }
});

test('a stream that breaks anywhere gives what had arrived, and says that it is not complete', () => {
  for (const { modelId, body, events } of cases) {
    const whole = textOf(modelId, body, events);
    for (let length = 0; length < events.length; length++) {
      assert.ok(whole.startsWith(textOf(modelId, body, events.slice(0, length))), `${modelId} after ${length} of ${events.length}`);
    }
    const accumulator = familyOf(modelId, body).accumulator();
    assert.equal(accumulator.complete(), false);
    for (const event of events.slice(0, Math.max(0, events.length - 3))) accumulator.add(event);
    if (events.length > 3) assert.equal(accumulator.complete(), false, modelId);
  }
});

test('the end of a stream is seen in its own last event', () => {
  for (const { modelId, body, events } of cases) {
    const own = events.map((event) => Object.fromEntries(Object.entries(event).filter(([name]) => !name.startsWith('amazon-bedrock-'))));
    const ends = /"message_stop"|(?:stop_?|finish_?|completion)reason":"|"is_finished":true/i.test(JSON.stringify(own.slice(-2)));
    const accumulator = familyOf(modelId, body, own[0]).accumulator();
    for (const event of own) accumulator.add(event);
    if (ends && events.length > 0) assert.equal(accumulator.complete(), true, modelId);
  }
  const last = (event: JsonObject) => {
    const accumulator = familyOf('meta.llama3-8b-instruct-v1:0', {}).accumulator();
    accumulator.add(event);
    return accumulator.complete();
  };
  assert.equal(last({ generation: 'a' }), false);
  assert.equal(last({ generation: 'a', 'amazon-bedrock-invocationMetrics': { inputTokenCount: 1 } }), true);
  assert.equal(last({ generation: 'a', 'amazon-bedrock-trace': { guardrail: {} } }), true);
  assert.equal(last({ generation: 'a', 'amazon-bedrock-guardrailAction': 'INTERVENED' }), true);
  assert.equal(last({ generation: 'a', 'amazon-bedrock-guardrailAction': 'NONE' }), false);
});

test('only what carries content is the first token', () => {
  const block = (delta: JsonObject) => ({ type: 'content_block_delta', index: 0, delta });
  const choice = (delta: JsonObject) => ({ choices: [{ index: 0, delta }] });
  const nova = (delta: JsonObject) => ({ contentBlockDelta: { delta, contentBlockIndex: 0 } });
  const start = (content_block: JsonObject) => ({ type: 'content_block_start', index: 0, content_block });
  const ids = {
    anthropic: 'anthropic.claude-3-haiku-20240307-v1:0',
    nova: 'amazon.nova-lite-v1:0',
    openai: 'openai.gpt-oss-20b-1:0',
    cohere: 'cohere.command-r-v1:0',
    mistral: 'mistral.mistral-7b-instruct-v0:2',
    embedding: 'cohere.embed-english-v3',
    unknown: 'new.vendor-v1',
  };
  const control: [keyof typeof ids, JsonObject][] = [
    ['anthropic', { type: 'message_start', message: { content: [], usage: { input_tokens: 1 } } }],
    ['anthropic', start({ type: 'text', text: '' })],
    ['anthropic', block({ type: 'text_delta', text: '' })],
    ['anthropic', block({ type: 'input_json_delta', partial_json: '' })],
    ['anthropic', block({ type: 'signature_delta', signature: 'a' })],
    ['anthropic', block({ type: 'citations_delta', citation: {} })],
    ['anthropic', { type: 'message_delta', delta: { stop_reason: 'a' }, usage: {} }],
    ['anthropic', { type: 'message_stop' }],
    ['nova', { messageStart: { role: 'assistant' } }],
    ['nova', nova({ text: '' })],
    ['nova', nova({ toolUse: { input: '' } })],
    ['nova', nova({ reasoningContent: { signature: 'a' } })],
    ['nova', { messageStop: { stopReason: 'a' } }],
    ['openai', choice({ role: 'assistant', content: '' })],
    ['openai', { choices: [{ index: 0, text: '' }] }],
    ['openai', { choices: [], usage: {} }],
    ['cohere', { event_type: 'stream-start', generation_id: 'a' }],
    ['cohere', { event_type: 'stream-end', response: { text: 'a' } }],
    ['cohere', { event_type: 'citation-generation', citations: [{}] }],
    ['cohere', { event_type: 'tool-calls-chunk' }],
    ['mistral', { outputs: [{ text: '', stop_reason: 'stop' }] }],
    ['embedding', { nothing: '' }],
    ['unknown', { id: 'a', 'amazon-bedrock-invocationMetrics': { inputTokenCount: 1 } }],
  ];
  const content: [keyof typeof ids, JsonObject][] = [
    ['anthropic', start({ type: 'tool_use', id: 'a', name: 'b', input: {} })],
    ['anthropic', start({ type: 'redacted_thinking', data: 'a' })],
    ['anthropic', block({ type: 'text_delta', text: 'a' })],
    ['anthropic', block({ type: 'thinking_delta', thinking: 'a' })],
    ['anthropic', block({ type: 'input_json_delta', partial_json: '{' })],
    ['nova', { contentBlockStart: { start: { toolUse: { name: 'a' } }, contentBlockIndex: 0 } }],
    ['nova', nova({ text: 'a' })],
    ['nova', nova({ toolUse: { input: '{}' } })],
    ['nova', nova({ reasoningContent: { text: 'a' } })],
    ['nova', nova({ image: {} })],
    ['openai', choice({ content: 'a' })],
    ['openai', choice({ content: [{ type: 'text', text: 'a' }] })],
    ['openai', choice({ reasoning_content: 'a' })],
    ['openai', choice({ tool_calls: [{ index: 0, function: { name: 'a' } }] })],
    ['openai', choice({ audio: { transcript: 'a' } })],
    ['openai', { choices: [{ index: 0, text: 'a' }] }],
    ['cohere', { event_type: 'text-generation', text: 'a' }],
    ['cohere', { event_type: 'tool-calls-chunk', text: 'a' }],
    ['cohere', { event_type: 'tool-calls-chunk', tool_call_delta: { name: 'a' } }],
    ['cohere', { event_type: 'tool-calls-generation', tool_calls: [{}] }],
    ['embedding', { embeddings: [[1]] }],
    ['unknown', { id: 'a', answer: 'b' }],
    ['unknown', { id: 'a', nested: [{ answer: 'b' }] }],
  ];
  const first = (family: keyof typeof ids, event: JsonObject) => familyOf(ids[family], {}).accumulator().add(event);
  for (const [family, event] of control) assert.equal(first(family, event), false, `${family} ${JSON.stringify(event)}`);
  for (const [family, event] of content) assert.equal(first(family, event), true, `${family} ${JSON.stringify(event)}`);
});

test('nesting that no stack holds is cut, and the row can still be written', () => {
  const deep = JSON.parse(`${'['.repeat(50_000)}1${']'.repeat(50_000)}`);
  const objects = JSON.parse(`${'{"content":['.repeat(20_000)}1${']}'.repeat(20_000)}`);
  for (const modelId of modelIds) {
    for (const content of [deep, [objects], objects]) {
      const messages = [
        {
          role: 'user',
          content: [{ type: 'tool_use', input: content }, { toolResult: { content } }, { type: 'tool_result', content }, { text: 'kept' }],
        },
      ];
      const family = familyOf(modelId, { messages, anthropic_version: 'x' });
      assert.match(
        JSON.stringify(plain(family.request({ messages, anthropic_version: 'x', tools: [{ name: 'a', input_schema: content }] }))),
        /nested deeper/,
      );
      plain(family.response({ content, choices: [{ message: { content } }], output: { message: { content } } }, {}));
      const accumulator = family.accumulator();
      accumulator.add({
        content,
        choices: [{ index: 0, delta: { content } }],
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'citations_delta', citation: content },
      });
      plain(family.response(accumulator.response(), {}));
    }
  }
});

test('a long stream costs a constant amount for each event', () => {
  const text = (count: number) => {
    const accumulator = familyOf('anthropic.claude-3-haiku-20240307-v1:0', {}).accumulator();
    const started = process.hrtime.bigint();
    for (let index = 0; index < count; index++)
      accumulator.add({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'word ' } });
    return Number(process.hrtime.bigint() - started) / count;
  };
  text(20_000);
  const [short, long] = [text(20_000), text(200_000)];
  assert.ok(long < short * 10 + 2000, `${short} ns for each of 20,000 events, ${long} ns for each of 200,000`);
});

function outputOf(modelId: string, body: JsonObject, whole: JsonObject): unknown {
  return plain(familyOf(modelId, body, whole).response(whole, body).output);
}

/** All text that a stream gave, one after the other. */
function textOf(modelId: string, body: JsonObject, events: JsonObject[]): string {
  const accumulator = familyOf(modelId, body).accumulator();
  for (const event of events) accumulator.add(event);
  const { output } = familyOf(modelId, body, events[0]).response(accumulator.response(), body);
  const messages = Array.isArray(output) ? output.slice(0, 1) : [];
  const texts = messages
    .flatMap(({ content }) => (Array.isArray(content) ? content : [{ text: content }]))
    .map((block) => block.text ?? block.thinking ?? '');
  return texts.join('');
}
