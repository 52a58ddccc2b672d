import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setMaskingFunction, startSpan, withCurrent } from 'braintrust';
import type { AnswerEvent } from '../demo/bedrock';
import { failure } from '../demo/bedrock';
import { isObject } from '../src/read';
import { startTraced, type Traced } from './helpers/traced';

let traced: Traced;
let events: AnswerEvent[] = [];
let json: unknown;
let chunks: AnswerEvent[] = [];
before(async () => {
  traced = await startTraced({
    respond({ operation, body }) {
      if (JSON.stringify(body ?? '').includes('fail')) return failure(400, 'ValidationException', 'the word walrus is not allowed');
      if (operation === 'ConverseStream') return { events };
      if (operation === 'InvokeModelWithResponseStream') return { events: chunks };
      return operation === 'InvokeModel' ? { body: Buffer.from(JSON.stringify(json)) } : undefined;
    },
  });
});
after(() => traced.close());

const conversation = (text: string) => ({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user' as const, content: [{ text }] }] });

describe("the application's masking function", () => {
  const mask = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replaceAll('walrus', '***');
    if (Array.isArray(value)) return value.map(mask);
    return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mask(member)])) : value;
  };
  afterEach(() => setMaskingFunction(null));

  it('is applied to input, output, metadata, and to the error', async () => {
    setMaskingFunction(mask);
    const spans = await traced.spansOf(async () => {
      await traced.client().converse({ ...conversation('a walrus'), requestMetadata: { animal: 'walrus' } });
      await traced
        .client()
        .converse(conversation('fail walrus'))
        .catch(() => {});
    });
    assert.equal(spans.length, 2);
    assert.doesNotMatch(JSON.stringify(spans), /walrus/);
    assert.match(String(Reflect.get(Object(spans[1]?.error), 'message')), /the word \*\*\* is not allowed/);
  });

  for (const nothing of [null, undefined]) {
    it(`leaves nothing of an error where it gives ${nothing}, but that there was one`, async () => {
      setMaskingFunction(() => nothing);
      const [span] = await traced.spansOf(async () => {
        await traced
          .client()
          .converse(conversation('fail walrus'))
          .catch(() => {});
      });
      assert.doesNotMatch(JSON.stringify(span), /walrus/);
      assert.equal(span?.error, '[masked]');
    });
  }
});

it('a member that a parent hands down sees the rest of the row as it is, where it writes itself', async () => {
  const description = 'the weather '.repeat(1000);
  const toolSpec = { name: 'weather', description, inputSchema: { json: {} } };
  const toJSON = function (this: { tools?: { function: { description: string } }[] }) {
    return { descriptions: this.tools?.map((tool) => tool.function.description.slice(0, 25)) };
  };
  const spans = await traced.spansOf(async () => {
    const span = startSpan({ name: 'parent', propagatedEvent: { metadata: { toJSON } } });
    await withCurrent(span, () => traced.client().converse({ ...conversation('walrus'), toolConfig: { tools: [{ toolSpec }] } }));
    span.end();
  });
  const call = spans.find((span) => span.span_attributes?.name === 'bedrock.converse');
  assert.deepEqual(call?.metadata, { descriptions: [description.slice(0, 25)] });
});

describe('a guardrail that intervened in an InvokeModel call', () => {
  it('is in the metadata, with its assessments', async () => {
    const assessment = { inputAssessment: { gr1: { topicPolicy: { topics: [{ name: 'finance', type: 'DENY', action: 'BLOCKED' }] } } } };
    json = {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'Sorry.' }],
      stop_reason: 'end_turn',
      'amazon-bedrock-guardrailAction': 'INTERVENED',
      'amazon-bedrock-trace': { guardrail: assessment },
    };
    const body = JSON.stringify({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'stocks?' }],
    });
    const [span] = await traced.spansOf(() => traced.client().invokeModel({ modelId: 'anthropic.claude-3-haiku-20240307-v1:0', body }));
    assert.deepEqual(span?.metadata?.guardrail, { action: 'INTERVENED', ...assessment });
    assert.doesNotMatch(JSON.stringify(span?.output), /amazon-bedrock/);
  });
});

/** A repeatable source of chance. */
function random(seed: number) {
  let state = seed;
  return (most: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % most;
  };
}

/** Any JSON: wrong types under names that readers look for, hostile keys, depth. */
const KEYS = [
  'text',
  'toolUse',
  'input',
  'reasoningContent',
  'citation',
  'toolResult',
  'image',
  'source',
  'bytes',
  '__proto__',
  'constructor',
  'x',
];
const anything = (chance: (most: number) => number, depth = 0): unknown => {
  const kind = chance(depth > 4 ? 5 : 8);
  if (kind === 0) return null;
  if (kind === 1) return chance(1000) / 7;
  if (kind === 2) return 'text \ud800 €'.slice(0, chance(9));
  if (kind === 3) return chance(2) === 0;
  if (kind === 4) return '';
  if (kind === 5) return Array.from({ length: chance(4) }, () => anything(chance, depth + 1));
  return Object.fromEntries(Array.from({ length: chance(4) }, () => [KEYS[chance(KEYS.length)], anything(chance, depth + 1)]));
};

describe('a ConverseStream in any order, of any events', () => {
  const GOOD: Record<string, object>[] = [
    { messageStart: { role: 'assistant' } },
    { contentBlockStart: { contentBlockIndex: 1, start: { toolUse: { toolUseId: 't', name: 'look' } } } },
    { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'one' } } },
    { contentBlockDelta: { contentBlockIndex: 1, delta: { toolUse: { input: '{"a":' } } } },
    { contentBlockDelta: { contentBlockIndex: 1, delta: { toolUse: { input: '1}' } } } },
    { contentBlockDelta: { contentBlockIndex: 2, delta: { reasoningContent: { text: 'hm' } } } },
    { contentBlockStop: { contentBlockIndex: 0 } },
    { messageStop: { stopReason: 'end_turn' } },
    { metadata: { usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } } },
  ];

  it('loses no event for the application, and leaves one span that says what could be read', async () => {
    const client = traced.client({ http2: true });
    for (let seed = 1; seed <= 60; seed++) {
      const chance = random(seed);
      const shuffled = [...GOOD].sort(() => chance(3) - 1);
      for (let count = chance(4); count > 0; count--) {
        const delta = anything(chance);
        shuffled.splice(chance(shuffled.length), 0, {
          contentBlockDelta: { contentBlockIndex: chance(3), delta: isObject(delta) ? delta : {} },
        });
      }
      events = shuffled.flatMap((event) => (chance(4) === 0 ? [{ waitMs: 1 }, event] : [event])) as AnswerEvent[];
      let seen = 0;
      const spans = await traced.spansOf(async () => {
        for await (const _ of (await client.converseStream(conversation('go'))).stream ?? []) seen++;
      });
      assert.equal(seen, shuffled.length, `seed ${seed}`);
      assert.equal(spans.length, 1, `seed ${seed}`);
      assert.equal(spans[0]?.metadata?.streamStatus, undefined, `seed ${seed}`);
      assert.match(JSON.stringify(spans[0]?.output), /one/, `seed ${seed}`);
      assert.equal(spans[0]?.metrics?.tokens, 2, `seed ${seed}`);
    }
  });
});

describe('an InvokeModel call with any JSON, whole and streamed', () => {
  const MODELS = [
    'anthropic.claude-3-haiku-20240307-v1:0',
    'amazon.nova-lite-v1:0',
    'cohere.command-r-v1:0',
    'openai.gpt-oss-20b-1:0',
    'acme.x-v1:0',
  ];

  it('gives the application its bytes and its chunks, and leaves one span each', async () => {
    const client = traced.client({ http2: true });
    for (let seed = 1; seed <= 60; seed++) {
      const chance = random(seed * 7919);
      const modelId = MODELS[chance(MODELS.length)] ?? '';
      const body = JSON.stringify(anything(chance));
      json = anything(chance);
      chunks = Array.from({ length: chance(5) }, () => ({
        chunk: { bytes: Buffer.from(JSON.stringify(anything(chance))).toString('base64') },
      }));
      let answered: string | undefined;
      let seen = 0;
      const spans = await traced.spansOf(async () => {
        answered = (await client.invokeModel({ modelId, body })).body.transformToString();
        for await (const _ of (await client.invokeModelWithResponseStream({ modelId, body })).body ?? []) seen++;
      });
      assert.equal(answered, JSON.stringify(json), `seed ${seed}`);
      assert.equal(seen, chunks.length, `seed ${seed}`);
      assert.deepEqual(
        spans.map((span) => span.span_attributes?.name),
        ['bedrock.invokeModel', 'bedrock.invokeModelWithResponseStream'],
        `seed ${seed}`,
      );
    }
  });
});
