import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorField } from '../src/metadata';
import { converse, converseStream } from '../src/operations/converse';
import { invokeModel } from '../src/operations/invoke-model';
import type { JsonObject } from '../src/types';

const respond = (output: JsonObject) => converse.response(output, {}, {});
const message = (...content: JsonObject[]) => ({ output: { message: { role: 'assistant', content } } });
const request = (input: JsonObject) => converse.request(input);

/** The response that a stream of these events folds into, read. */
function stream(...events: JsonObject[]) {
  const accumulator = converseStream.stream?.accumulator({});
  assert.ok(accumulator);
  const content = events.map((event) => accumulator.add(event));
  return { read: converseStream.response(accumulator.response(), {}, {}), content, complete: accumulator.complete() };
}
const delta = (contentBlockIndex: number, delta: JsonObject) => ({ contentBlockDelta: { contentBlockIndex, delta } });
const start = (contentBlockIndex: number, start: JsonObject) => ({ contentBlockStart: { contentBlockIndex, start } });

describe('a Converse response', () => {
  it('tells what the cache cost by how long it stays, and the latency', () => {
    const cacheDetails = [
      { ttl: '5m', inputTokens: 30 },
      { ttl: '1h', inputTokens: 12 },
    ];
    const { metrics, metadata } = respond({
      ...message({ text: 'hi' }),
      usage: { inputTokens: 10, outputTokens: 4, totalTokens: 64, cacheReadInputTokens: 8, cacheWriteInputTokens: 42, cacheDetails },
      metrics: { latencyMs: 321 },
    });
    assert.deepEqual(metrics, {
      prompt_tokens: 60,
      completion_tokens: 4,
      tokens: 64,
      prompt_cached_tokens: 8,
      prompt_cache_creation_tokens: 42,
      prompt_cache_creation_5m_tokens: 30,
      prompt_cache_creation_1h_tokens: 12,
      latency_ms: 321,
    });
    assert.deepEqual(metadata?.cacheDetails, cacheDetails);
  });

  it('tells the model that a prompt router chose, the service tier, and what a guardrail found', () => {
    const invokedModelId = 'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0';
    const guardrail = { inputAssessment: { gr: { topicPolicy: { topics: [] } } } };
    const { metadata } = respond({
      ...message({ text: 'hi' }),
      stopReason: 'guardrail_intervened',
      serviceTier: { type: 'priority' },
      trace: { promptRouter: { invokedModelId }, guardrail },
    });
    assert.deepEqual(metadata, {
      stopReason: 'guardrail_intervened',
      serviceTier: { type: 'priority' },
      responseModel: invokedModelId,
      promptRouter: { invokedModelId },
      guardrail,
    });
  });

  it('has no number that the wire does not report, and no negative one', () => {
    assert.deepEqual(respond(message({ text: 'hi' })).metrics, {});
    assert.deepEqual(respond({ ...message(), usage: { inputTokens: 3, outputTokens: -4 } }).metrics, { prompt_tokens: 3 });
    assert.deepEqual(respond({ ...message(), usage: { inputTokens: 0, outputTokens: 0 } }).metrics, {
      prompt_tokens: 0,
      completion_tokens: 0,
      tokens: 0,
    });
  });

  it('keeps every kind of block: server tools, redacted reasoning, all citations, kinds that nobody knows', () => {
    const citations = [{ title: 'one' }, { title: 'two' }];
    const { output } = respond(
      message(
        { toolUse: { toolUseId: 't', name: 'search', input: { q: 1 }, type: 'server_tool_use' } },
        { toolResult: { toolUseId: 't', content: [{ json: { a: 1 } }, { text: 'x' }], status: 'error' } },
        { reasoningContent: { redactedContent: new Uint8Array(7) } },
        { citationsContent: { content: [{ text: 'cited' }], citations } },
        { $unknown: ['hologram', { depth: 3 }] },
        { cachePoint: { type: 'default' } },
      ),
    );
    assert.deepEqual(output, [
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 't', name: 'search', input: { q: 1 }, toolType: 'server_tool_use' },
          {
            type: 'tool_result',
            tool_use_id: 't',
            content: [
              { type: 'json', json: { a: 1 } },
              { type: 'text', text: 'x' },
            ],
            is_error: true,
          },
          { type: 'reasoning', reasoningContent: { redactedContent: { byteLength: 7 } } },
          { type: 'citationsContent', citationsContent: { content: [{ text: 'cited' }], citations } },
          { type: 'hologram', hologram: { depth: 3 } },
          { type: 'cachePoint', cachePoint: { type: 'default' } },
        ],
      },
    ]);
  });

  it('keeps tool arguments that a model wrote badly as it wrote them', () => {
    const { output } = respond(message({ toolUse: { toolUseId: 't', name: 'f', input: '{"a":' } }));
    assert.match(JSON.stringify(output), /"input":"\{\\"a\\":"/);
  });
});

describe('a Converse request', () => {
  it('names the parameters alike for every model, wherever a model takes them', () => {
    const inferenceConfig = { maxTokens: 5, temperature: 0, topP: 0.5, stopSequences: ['x'] };
    const claude = request({ inferenceConfig, additionalModelRequestFields: { top_k: 7 } }).metadata ?? {};
    const nova = request({ inferenceConfig, additionalModelRequestFields: { inferenceConfig: { topK: 20 } } }).metadata ?? {};
    const { additionalModelRequestFields: _, ...parameters } = claude;
    assert.deepEqual(parameters, { ...inferenceConfig, topK: 7 });
    assert.equal(nova.topK, 20);
  });

  it('has its tools and its choice in the metadata, in OpenAI shape', () => {
    const { metadata, input } = request({
      messages: [],
      toolConfig: {
        tools: [{ toolSpec: { name: 'f', description: 'd', inputSchema: { json: { type: 'object' } } } }],
        toolChoice: { tool: { name: 'f' } },
      },
    });
    assert.deepEqual(metadata, {
      tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' } } }],
      tool_choice: { type: 'function', function: { name: 'f' } },
    });
    assert.deepEqual(input, []);
  });
});

describe('a ConverseStream gives the same as the whole response', () => {
  it('for text with citations', () => {
    const { read } = stream(
      delta(0, { text: 'ci' }),
      delta(0, { citation: { title: 'one' } }),
      delta(0, { text: 'ted' }),
      delta(0, { citation: { title: 'two' } }),
    );
    assert.deepEqual(
      read.output,
      respond(message({ citationsContent: { content: [{ text: 'cited' }], citations: [{ title: 'one' }, { title: 'two' }] } })).output,
    );
  });

  it('for reasoning with its signature, redacted reasoning, and text beside reasoning', () => {
    const { read } = stream(
      delta(0, { reasoningContent: { text: 'h' } }),
      delta(0, { reasoningContent: { text: 'm' } }),
      delta(0, { reasoningContent: { signature: 's' } }),
      delta(1, { reasoningContent: { redactedContent: new Uint8Array(3) } }),
      delta(2, { reasoningContent: { text: 'so' } }),
      delta(2, { text: 'yes' }),
    );
    const thought = (text: string, signature?: string) => ({
      reasoningContent: { reasoningText: { text, ...(signature && { signature }) } },
    });
    const whole = message(thought('hm', 's'), { reasoningContent: { redactedContent: new Uint8Array(3) } }, thought('so'), { text: 'yes' });
    assert.deepEqual(read.output, respond(whole).output);
  });

  it('for tools with and without arguments, whose call is content', () => {
    const { read, content } = stream(
      start(0, { toolUse: { toolUseId: 't', name: 'f' } }),
      start(1, { toolUse: { toolUseId: 'u', name: 'g' } }),
      delta(1, { toolUse: { input: '{"a":' } }),
      delta(1, { toolUse: { input: '1}' } }),
    );
    assert.deepEqual(
      read.output,
      respond(message({ toolUse: { toolUseId: 't', name: 'f', input: {} } }, { toolUse: { toolUseId: 'u', name: 'g', input: { a: 1 } } }))
        .output,
    );
    assert.deepEqual(content, [true, true, true, true]);
  });

  it('for blocks that come out of order, and kinds that nobody knows', () => {
    const { read } = stream(
      start(1, { hologram: { id: 'a' } }),
      delta(1, { text: 'one ' }),
      delta(1, { text: 'two' }),
      delta(0, { text: 'first' }),
    );
    assert.deepEqual(read.output, [
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'first' },
          { type: 'hologram', hologram: { id: 'a', text: 'one two' } },
        ],
      },
    ]);
  });

  it('and is complete with messageStop alone', () => {
    assert.equal(stream(delta(0, { text: 'x' })).complete, false);
    assert.equal(stream(delta(0, { text: 'x' }), { messageStop: { stopReason: 'end_turn' } }).complete, true);
  });
});

describe('the token counts of InvokeModel', () => {
  const read = (body: JsonObject, headers: JsonObject) =>
    invokeModel.response(
      { body: Buffer.from(JSON.stringify(body)) },
      { modelId: 'anthropic.claude-3-haiku-20240307-v1:0', body: '{}' },
      headers,
    ).metrics;
  const header = (input: string, output: string) => ({
    'x-amzn-bedrock-input-token-count': input,
    'x-amzn-bedrock-output-token-count': output,
  });
  const metrics = { 'amazon-bedrock-invocationMetrics': { inputTokenCount: 100, outputTokenCount: 200, invocationLatency: 9 } };

  it('are the body’s, then the headers’, then those of invocationMetrics', () => {
    const body = { type: 'message', role: 'assistant', content: [], usage: { input_tokens: 1, output_tokens: 2 } };
    assert.equal(read({ ...body, ...metrics }, header('10', '20'))?.tokens, 3);
    assert.equal(read({ ...body, usage: undefined, ...metrics }, header('10', '20'))?.tokens, 30);
    assert.equal(read({ ...body, usage: undefined, ...metrics }, {})?.tokens, 300);
    assert.equal(read({ ...body, usage: undefined, ...metrics }, {})?.latency_ms, 9);
  });

  it('include the cache that only the headers know of, in the input as in the sum', () => {
    const body = { type: 'message', role: 'assistant', content: [], usage: { input_tokens: 10, output_tokens: 2 } };
    const counts = read(body, { ...header('10', '2'), 'x-amzn-bedrock-cache-read-input-token-count': '7' });
    assert.deepEqual([counts?.prompt_tokens, counts?.prompt_cached_tokens, counts?.tokens], [17, 7, 19]);
  });
});

describe('an error', () => {
  it('of a model in its stream keeps what the model said', () => {
    const error = Object.assign(new Error('broke'), {
      name: 'ModelStreamErrorException',
      originalStatusCode: 424,
      originalMessage: 'out of memory',
    });
    const { stack, ...field } = errorField(error);
    assert.deepEqual(field, {
      name: 'ModelStreamErrorException',
      message: 'broke',
      originalStatusCode: 424,
      originalMessage: 'out of memory',
    });
    assert.equal(stack, error.stack);
  });

  it('may be anything that can be thrown', () => {
    assert.deepEqual(errorField('text'), { name: 'Error', message: 'text' });
    assert.deepEqual(errorField({ code: 1 }), { name: 'Error', message: '[object Object]' });
    assert.deepEqual(errorField(null), { name: 'Error', message: 'null' });
  });
});
