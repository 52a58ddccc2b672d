import fs from 'node:fs';
import path from 'node:path';
import { builtIn } from '../../demo/bedrock/built-in';
import { TRIGGERS } from '../../demo/bedrock/faults';
import type { AnswerEvent } from '../../demo/bedrock/types';
import { isObject } from '../../src/read';
import type { JsonObject } from '../../src/types';
import { HANG_UP, MICROPHONE, SETUP, say, sound, toolResult, typed } from '../helpers/voice';
import type { Call } from './line';

/** Calls with real shapes, as described.ts describes them: the wire bodies of test/cases and what the embedded Bedrock answers. */
export async function seeds(): Promise<Call[]> {
  return [...cases(), ...(await answers())];
}

function cases(): Call[] {
  const root = path.join(__dirname, '../cases');
  return fs.readdirSync(root).flatMap((family) =>
    fs.readdirSync(path.join(root, family)).flatMap((name) => {
      const read = (file: string) => {
        const full = path.join(root, family, name, file);
        return fs.existsSync(full) ? JSON.parse(fs.readFileSync(full, 'utf8')) : undefined;
      };
      const { modelId, body } = read('request.json');
      const response: unknown = read('response.json');
      const events: unknown = read('events.json');
      const input = { modelId, body: { $json: body }, contentType: 'application/json' };
      const found: Call[] = [];
      if (response !== undefined) found.push({ operation: 'InvokeModel', input, output: { $metadata: META, body: { $json: response } } });
      if (Array.isArray(events)) found.push({ operation: 'InvokeModelWithResponseStream', input, events: events.map(chunk) });
      if (family === 'video') found.push({ operation: 'StartAsyncInvoke', input: { modelId, modelInput: body, outputDataConfig: S3 } });
      return found;
    }),
  );
}

const META = { httpStatusCode: 200, requestId: 'a-request', attempts: 2, totalRetryDelay: 12 };
const S3 = { s3OutputDataConfig: { s3Uri: 's3://bucket/folder' } };
const chunk = (payload: unknown) => ({ chunk: { bytes: { $json: payload } } });

const TOOL = {
  toolSpec: {
    name: 'get_weather',
    description: 'The weather',
    inputSchema: { json: { type: 'object', properties: { city: { type: 'string' } } } },
  },
};
const IMAGE = { image: { format: 'png', source: { bytes: { $bytes: 'iVBORw0KGgoAAAANSUhEUg==' } } } };
const FILE = { document: { format: 'pdf', name: 'a.pdf', source: { bytes: { $bytes: 'JVBERi0xLjQK' } } } };
const NOVA = 'us.amazon.nova-lite-v1:0';

const conversation = (text: string, more: JsonObject = {}): JsonObject => ({
  modelId: NOVA,
  system: [{ text: 'Be brief.' }, { cachePoint: { type: 'default' } }],
  messages: [{ role: 'user', content: [{ text }, IMAGE, FILE] }],
  inferenceConfig: { maxTokens: 100, temperature: 0, topP: 0.9, stopSequences: ['END'] },
  ...more,
});
const AGENT = conversation('How is the weather?', {
  toolConfig: { tools: [TOOL], toolChoice: { auto: {} } },
  additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 }, inferenceConfig: { topK: 20 } },
  guardrailConfig: { guardrailIdentifier: 'a', guardrailVersion: '1', trace: 'enabled' },
});
const TURNS = conversation('And now?', {
  messages: [
    { role: 'user', content: [{ text: 'Question' }] },
    { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'get_weather', input: { city: 'Lisbon' } } }] },
    {
      role: 'user',
      content: [
        { toolResult: { toolUseId: 'a', status: 'error', content: [{ json: { celsius: 24 } }, { text: 'b' }, IMAGE] } },
        { guardContent: { text: { text: 'c', qualifiers: ['query'] } } },
        { reasoningContent: { redactedContent: { $bytes: 'AAAA' } } },
        { citationsContent: { content: [{ text: 'd' }], citations: [{ title: 'e', location: { documentPage: { start: 1 } } }] } },
        { $unknown: ['newBlock', { text: 'f' }] },
        { video: { format: 'mp4', source: { s3Location: { uri: 's3://bucket/a.mp4' } } } },
      ],
    },
  ],
});
const ARN = 'arn:aws:bedrock:us-east-1:123456789012:async-invoke/abcdefghijkl';

async function answers(): Promise<Call[]> {
  const answer = builtIn({});
  const ask = (operation: string, body: unknown, inbound: JsonObject[] = [], to = '/') =>
    answer({
      operation,
      modelId: NOVA,
      method: 'POST',
      path: to,
      query: new URLSearchParams(),
      headers: {},
      body,
      inbound: iterable(inbound),
      attempt: 1,
      call: 'a',
      httpVersion: '1.1',
    });
  const calls: Call[] = [];
  for (const input of [conversation('Hello'), AGENT, TURNS]) {
    const { json } = await ask('Converse', input);
    calls.push({ operation: 'Converse', input, output: { $metadata: META, ...(isObject(json) && json) } });
    const { events } = await ask('ConverseStream', input);
    calls.push({ operation: 'ConverseStream', input, events: await all(events ?? []) });
  }
  for (const trigger of [TRIGGERS.break, TRIGGERS.cut]) {
    const { events } = await ask('ConverseStream', conversation(trigger));
    calls.push({ operation: 'ConverseStream', input: conversation(trigger), events: await all(events ?? []), failure: true });
  }
  calls.push({ operation: 'ConverseStream', input: TURNS, events: BLOCKS });

  for (const lines of [[...SETUP, ...typed('USER', 'Hello'), ...HANG_UP], WITH_TOOL, SPOKEN]) {
    const inbound = lines.map((event) => ({ event }));
    const { events } = await ask('InvokeModelWithBidirectionalStream', undefined, inbound);
    const sent = lines.map((event) => ({ chunk: { bytes: { $bytes: Buffer.from(say(event).chunk.bytes).toString('base64') } } }));
    calls.push({
      operation: 'InvokeModelWithBidirectionalStream',
      input: { modelId: 'amazon.nova-sonic-v1:0', body: { $stream: sent } },
      events: (await all(events ?? [])).map((event) => (isObject(event) ? chunk(event.chunk) : event)),
    });
  }

  const others: [string, JsonObject, string?][] = [
    ['CountTokens', { modelId: NOVA, input: { converse: TURNS } }],
    ['CountTokens', { modelId: NOVA, input: { invokeModel: { body: { $json: { inputText: 'Hello' } } } } }],
    ['ApplyGuardrail', GUARDRAIL, '/guardrail/a/version/1/apply'],
    ['InvokeGuardrailChecks', CHECKS, '/guardrail-checks/invoke'],
    ['StartAsyncInvoke', { modelId: 'amazon.nova-reel-v1:0', modelInput: REEL, outputDataConfig: S3, tags: [{ key: 'a', value: 'b' }] }],
    ['GetAsyncInvoke', { invocationArn: ARN }, `/async-invoke/${encodeURIComponent(ARN)}`],
    ['ListAsyncInvokes', { maxResults: 3 }],
    ['SomethingNew', conversation('Hello')],
  ];
  for (const [operation, input, to] of others) {
    const { json } = operation === 'SomethingNew' ? { json: { answer: [{ text: 'b' }] } } : await ask(operation, input, [], to);
    calls.push({ operation, input, output: { $metadata: META, ...(isObject(json) && json) } });
  }
  return calls;
}

/** Every kind of block that a ConverseStream has, in pieces. */
const BLOCKS = [
  { messageStart: { role: 'assistant' } },
  ...block(0, [{ reasoningContent: { text: 'Think' } }, { reasoningContent: { text: 'ing' } }, { reasoningContent: { signature: 'abc' } }]),
  ...block(1, [{ text: 'One ' }, { text: 'two' }, { citation: { title: 'a', location: { web: { url: 'https://example.com' } } } }]),
  ...block(2, [{ toolUse: { input: '{"city":' } }, { toolUse: { input: '"Lisbon"}' } }], {
    toolUse: { toolUseId: 'a', name: 'get_weather' },
  }),
  ...block(3, [{ toolResult: [{ text: 'b' }] }, { toolResult: [{ json: { c: 1 } }] }], {
    toolResult: { toolUseId: 'a', status: 'success' },
  }),
  ...block(4, [{ image: { source: { bytes: { $bytes: 'iVBORw0K' } } } }, { image: { source: { bytes: { $bytes: 'AAAA' } } } }], {
    image: { format: 'png' },
  }),
  ...block(5, [{ newKind: { text: 'x', more: { deeper: 'y' } } }, { newKind: { text: 'z', more: { deeper: 'w' } } }]),
  ...block(6, [{ reasoningContent: { redactedContent: { $bytes: 'AAAA' } } }]),
  { messageStop: { stopReason: 'end_turn', additionalModelResponseFields: { a: 1 } } },
  {
    metadata: {
      usage: { inputTokens: 1, outputTokens: 2, cacheReadInputTokens: 3, cacheDetails: [{ ttl: '5m', inputTokens: 4 }] },
      metrics: { latencyMs: 12 },
    },
  },
];

function block(contentBlockIndex: number, deltas: JsonObject[], start?: JsonObject): JsonObject[] {
  return [
    ...(start ? [{ contentBlockStart: { contentBlockIndex, start } }] : []),
    ...deltas.map((delta) => ({ contentBlockDelta: { contentBlockIndex, delta } })),
    { contentBlockStop: { contentBlockIndex } },
  ];
}

const SILENCE = sound(new Uint8Array(320));
const SPOKEN = [...SETUP, MICROPHONE, sound(Buffer.from('speech '.repeat(50))), SILENCE, SILENCE, ...HANG_UP];
const WITH_TOOL = [...SETUP, ...typed('USER', 'How is the weather in Lisbon?'), ...toolResult('tool-1', '{"celsius":24}'), ...HANG_UP];
const REEL = { taskType: 'TEXT_VIDEO', textToVideoParams: { text: 'A tram' }, videoGenerationConfig: { durationSeconds: 6 } };
const GUARDRAIL = {
  guardrailIdentifier: 'a',
  guardrailVersion: '1',
  source: 'INPUT',
  content: [{ text: { text: 'Hello', qualifiers: ['query'] } }, IMAGE],
};
const CHECKS = { messages: [{ role: 'user', content: [{ text: { text: 'Hello' } }] }], checks: [{ type: 'CONTENT' }] };

async function* iterable<T>(items: T[]): AsyncGenerator<T> {
  yield* items;
}

/** The events of an answer up to where it breaks: that is no event. */
async function all(events: Iterable<AnswerEvent> | AsyncIterable<AnswerEvent>): Promise<unknown[]> {
  const list: unknown[] = [];
  for await (const event of events) {
    if (isObject(event) && !('exception' in event) && !('waitMs' in event)) list.push(JSON.parse(JSON.stringify(event)));
  }
  return list;
}
