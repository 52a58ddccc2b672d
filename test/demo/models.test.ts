import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { type Bedrock, startBedrock } from '../../demo/bedrock';
import { isObject } from '../../src/read';
import type { JsonObject } from '../../src/types';
import { CLAUDE, clientOf, drain, NOVA, parsed, user } from './clients';

const ASK = 'Please translate this.';
const ANSWER = 'Onde fica a estação de comboios mais próxima?';
const WEATHER = { type: 'object', properties: { city: { type: 'string' } } };
const WEATHER_ASK = 'How is the weather in Lisbon?';

/** For each wire format: a request, and where the text is in the whole answer and in a chunk. */
const FORMATS: { modelId: string; body: JsonObject; whole: string[]; chunk: string[] }[] = [
  {
    modelId: CLAUDE,
    body: { anthropic_version: 'x', messages: [{ role: 'user', content: ASK }] },
    whole: ['content', '0', 'text'],
    chunk: ['delta', 'text'],
  },
  {
    modelId: NOVA,
    body: { messages: [user(ASK)] },
    whole: ['output', 'message', 'content', '0', 'text'],
    chunk: ['contentBlockDelta', 'delta', 'text'],
  },
  {
    modelId: 'qwen.qwen3-32b-v1:0',
    body: { messages: [{ role: 'user', content: ASK }] },
    whole: ['choices', '0', 'message', 'content'],
    chunk: ['choices', '0', 'delta', 'content'],
  },
  { modelId: 'amazon.titan-text-express-v1', body: { inputText: ASK }, whole: ['results', '0', 'outputText'], chunk: ['outputText'] },
  { modelId: 'meta.llama3-8b-instruct-v1:0', body: { prompt: ASK }, whole: ['generation'], chunk: ['generation'] },
  { modelId: 'mistral.mistral-7b-instruct-v0:2', body: { prompt: ASK }, whole: ['outputs', '0', 'text'], chunk: ['outputs', '0', 'text'] },
  { modelId: 'cohere.command-text-v14', body: { prompt: ASK }, whole: ['generations', '0', 'text'], chunk: ['text'] },
  { modelId: 'cohere.command-r-v1:0', body: { message: ASK }, whole: ['text'], chunk: ['text'] },
  { modelId: 'acme.oracle-v1', body: { riddle: ASK }, whole: ['oracle', 'says'], chunk: ['oracle', 'says'] },
];

describe('the built-in models', () => {
  let bedrock: Bedrock;
  let client: BedrockRuntimeClient;
  before(async () => {
    bedrock = await startBedrock();
    client = clientOf(bedrock.url);
  });
  after(async () => {
    client.destroy();
    await bedrock.close();
  });

  const invoke = async (modelId: string, body: JsonObject) =>
    parsed((await client.send(new InvokeModelCommand({ modelId, body: JSON.stringify(body) }))).body);
  const chunks = async (modelId: string, body: JsonObject) => {
    const response = await client.send(new InvokeModelWithResponseStreamCommand({ modelId, body: JSON.stringify(body) }));
    return (await drain(response.body)).events.map(({ chunk }) => parsed(chunk?.bytes));
  };

  for (const { modelId, body, whole, chunk } of FORMATS) {
    it(`${modelId} gives the same text whole and streamed, each in its own shape`, async () => {
      assert.equal(at(await invoke(modelId, body), whole), ANSWER);
      assert.equal((await chunks(modelId, body)).map((piece) => at(piece, chunk) ?? '').join(''), ANSWER);
    });
  }

  it('Claude thinks and calls a tool, whole and streamed', async () => {
    const body = {
      anthropic_version: 'x',
      thinking: { type: 'enabled', budget_tokens: 1024 },
      tools: [{ name: 'get_weather', input_schema: WEATHER }],
      messages: [{ role: 'user', content: WEATHER_ASK }],
    };
    const answer = await invoke(CLAUDE, body);
    assert.deepEqual(
      [0, 1, 2].map((index) => at(answer, ['content', String(index), 'type'])),
      ['thinking', 'text', 'tool_use'],
    );
    assert.deepEqual(at(answer, ['content', '2', 'input']), { city: 'Lisbon' });
    const streamed = await chunks(CLAUDE, body);
    const json = streamed.map((piece) => at(piece, ['delta', 'partial_json']) ?? '').join('');
    assert.equal(json, '{"city":"Lisbon"}');
    assert.ok(streamed.some((piece) => at(piece, ['delta', 'type']) === 'thinking_delta'));
  });

  it('Converse calls a tool, takes its result and then answers', async () => {
    const toolConfig = { tools: [{ toolSpec: { name: 'get_weather', inputSchema: { json: WEATHER } } }] };
    const messages = [user(WEATHER_ASK)];
    const first = await client.send(new ConverseCommand({ modelId: CLAUDE, messages, toolConfig }));
    const toolUse = first.output?.message?.content?.find((block) => block.toolUse)?.toolUse;
    assert.equal(first.stopReason, 'tool_use');
    assert.deepEqual(toolUse?.input, { city: 'Lisbon' });
    const toolResult = { toolUseId: toolUse?.toolUseId, content: [{ json: { celsius: 24 } }] };
    const answered = [...messages, first.output?.message ?? user(''), { role: 'user' as const, content: [{ toolResult }] }];
    const second = await client.send(new ConverseCommand({ modelId: CLAUDE, messages: answered, toolConfig }));
    assert.equal(second.stopReason, 'end_turn');
    assert.match(second.output?.message?.content?.[0]?.text ?? '', /sunny in Lisbon/);
  });

  it('gpt-oss reasons before it answers, in Converse, its stream and its own shape', async () => {
    const modelId = 'openai.gpt-oss-120b-1:0';
    const whole = await client.send(new ConverseCommand({ modelId, messages: [user(ASK)] }));
    const reasoning = whole.output?.message?.content?.[0]?.reasoningContent?.reasoningText?.text;
    const { stream } = await client.send(new ConverseStreamCommand({ modelId, messages: [user(ASK)] }));
    const streamed = (await drain(stream)).events.map((event) => event.contentBlockDelta?.delta?.reasoningContent?.text ?? '').join('');
    assert.ok(reasoning);
    assert.equal(streamed, reasoning);
    assert.equal(
      at(await invoke(modelId, { messages: [{ role: 'user', content: ASK }] }), ['choices', '0', 'message', 'reasoning']),
      reasoning,
    );
  });

  it('the first request writes the prompt cache and the next reads it', async () => {
    const system = [{ text: 'Rules. '.repeat(50) }, { cachePoint: { type: 'default' as const } }];
    const ask = async () => (await client.send(new ConverseCommand({ modelId: CLAUDE, system, messages: [user(ASK)] }))).usage;
    const [first, second] = [await ask(), await ask()];
    assert.equal(first?.cacheReadInputTokens, 0);
    assert.ok(first?.cacheWriteInputTokens);
    assert.equal(second?.cacheReadInputTokens, first.cacheWriteInputTokens);
    assert.equal(second?.inputTokens, first.inputTokens);
    assert.equal(second?.totalTokens, first.totalTokens);
  });

  it('an answer that does not fit is cut, and says so', async () => {
    const response = await client.send(new ConverseCommand({ modelId: NOVA, messages: [user(ASK)], inferenceConfig: { maxTokens: 2 } }));
    assert.equal(response.stopReason, 'max_tokens');
    assert.equal(response.output?.message?.content?.[0]?.text, ANSWER.slice(0, 8));
  });

  it('Titan embeds one text, Cohere several', async () => {
    const one = at(await invoke('amazon.titan-embed-text-v2:0', { inputText: 'a', dimensions: 4 }), ['embedding']);
    assert.ok(Array.isArray(one) && one.length === 4);
    const many = at(await invoke('cohere.embed-english-v3', { texts: ['a', 'b'], input_type: 'search_query' }), ['embeddings']);
    assert.ok(Array.isArray(many) && many.length === 2);
  });

  it('Nova Canvas paints a real PNG', async () => {
    const image = at(await invoke('amazon.nova-canvas-v1:0', { textToImageParams: { text: 'a tram' } }), ['images', '0']);
    const data = Buffer.from(String(image), 'base64');
    assert.equal(data.toString('latin1', 1, 4), 'PNG');
    assert.equal(data.readUInt32BE(16), 16, 'its header says how wide it is');
  });
});

/** The value at a path of keys and indices. */
function at(value: unknown, path: string[]): unknown {
  let found = value;
  for (const key of path) found = Array.isArray(found) ? found[Number(key)] : isObject(found) ? found[key] : undefined;
  return found;
}
