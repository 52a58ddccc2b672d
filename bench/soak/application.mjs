// An application that calls Bedrock in every way there is for MINUTES, with a mark of its own in each call. It rests now and then, and
// tells how its heap is.
import { setTimeout as sleep } from 'node:timers/promises';
import { BedrockRuntime } from '@aws-sdk/client-bedrock-runtime';

const said = [];
process.on('warning', ({ name, message }) => said.push(`${name}: ${message}`));
process.on('unhandledRejection', (error) => said.push(`unhandled: ${error?.stack ?? error}`));

const client = new BedrockRuntime({ maxAttempts: 2 });
const until = Date.now() + Number(process.env.MINUTES) * 60_000;
const LANES = 40;
const ROUND_MS = 10_000;
const flush = process.env.HOOKED && (await import('braintrust-bedrock')).flush;

/** Numbers from 0 to 1, the same in each run. */
let state = 1;
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 4294967296;
}

const NOVA = 'amazon.nova-lite-v1:0';
const converse = (text) => ({ modelId: NOVA, messages: [{ role: 'user', content: [{ text }] }] });
const image = (text) => ({
  modelId: NOVA,
  messages: [{ role: 'user', content: [{ text }, { image: { format: 'png', source: { bytes: new Uint8Array(2000).fill(7) } } }] }],
});
const BODIES = {
  'anthropic.claude-3-haiku-20240307-v1:0': (text) => ({
    anthropic_version: 'a',
    max_tokens: 50,
    messages: [{ role: 'user', content: text }],
  }),
  'amazon.nova-lite-v1:0': (text) => ({ messages: [{ role: 'user', content: [{ text }] }] }),
  'openai.gpt-oss-20b-1:0': (text) => ({ messages: [{ role: 'user', content: text }] }),
  'meta.llama3-8b-instruct-v1:0': (prompt) => ({ prompt }),
  'amazon.titan-embed-text-v2:0': (inputText) => ({ inputText }),
};
function invoke(text) {
  const ids = Object.keys(BODIES);
  const modelId = ids[Math.floor(random() * ids.length)];
  return { modelId, body: JSON.stringify(BODIES[modelId](text)) };
}
const events = async (stream, most = Number.POSITIVE_INFINITY) => {
  let count = 0;
  for await (const _ of stream) if (++count >= most) break;
};
const say = (event) => ({ chunk: { bytes: Buffer.from(JSON.stringify({ event })) } });
async function* conversation(text) {
  const typed = (role, content, contentName) => [
    { contentStart: { promptName: 'p', contentName, type: 'TEXT', role } },
    { textInput: { promptName: 'p', contentName, content } },
    { contentEnd: { promptName: 'p', contentName } },
  ];
  const lines = [{ sessionStart: {} }, { promptStart: { promptName: 'p' } }, ...typed('SYSTEM', text, 's'), ...typed('USER', 'Hello', 'u')];
  for (const line of [...lines, { promptEnd: { promptName: 'p' } }, { sessionEnd: {} }]) yield say(line);
}

/** A client of its own, for what leaves a connection useless to the calls that share it: a cut, a stream that nobody reads. */
async function apart(use) {
  const other = new BedrockRuntime({ maxAttempts: 1 });
  try {
    return await use(other);
  } finally {
    setTimeout(() => other.destroy(), 50);
  }
}

/** How often each is made, and how. The words make the embedded Bedrock misbehave. */
const WAYS = {
  converse: [20, (text) => client.converse(converse(text))],
  withImage: [4, (text) => client.converse(image(text))],
  callback: [
    4,
    (text) => new Promise((resolve, reject) => client.converse(converse(text), (error, data) => (error ? reject(error) : resolve(data)))),
  ],
  throttled: [2, (text) => client.converse(converse(`${text} rush hour`))],
  refused: [4, (text) => client.converse({ ...converse(text), modelId: 'nothing' })],
  aborted: [2, (text) => client.converse(converse(text), { abortSignal: AbortSignal.abort() })],
  invoke: [20, (text) => client.invokeModel(invoke(text))],
  invokeStream: [
    10,
    async (text) =>
      events(
        (await client.invokeModelWithResponseStream({ ...invoke(text), modelId: NOVA, body: JSON.stringify(BODIES[NOVA](text)) })).body,
      ),
  ],
  stream: [10, async (text) => events((await client.converseStream(converse(text))).stream)],
  streamLeft: [4, async (text) => events((await client.converseStream(converse(text))).stream, 2)],
  streamBroken: [3, async (text) => events((await client.converseStream(converse(`${text} long story`))).stream)],
  streamCut: [3, (text) => apart(async (other) => events((await other.converseStream(converse(`${text} dropped call`))).stream))],
  streamAborted: [
    3,
    async (text) => {
      const abort = new AbortController();
      const { stream } = await client.converseStream(converse(text), { abortSignal: abort.signal });
      for await (const _ of stream) abort.abort();
    },
  ],
  streamUnread: [3, (text) => apart(async (other) => void (await other.converseStream(converse(text))))],
  session: [
    2,
    async (text) =>
      events((await client.invokeModelWithBidirectionalStream({ modelId: 'amazon.nova-sonic-v1:0', body: conversation(text) })).body),
  ],
  count: [3, (text) => client.countTokens({ modelId: NOVA, input: { converse: converse(text) } })],
  guardrail: [
    3,
    (text) => client.applyGuardrail({ guardrailIdentifier: 'g', guardrailVersion: '1', source: 'INPUT', content: [{ text: { text } }] }),
  ],
  checks: [
    2,
    (text) => client.invokeGuardrailChecks({ messages: [{ role: 'user', content: [{ text: { text } }] }], checks: [{ type: 'CONTENT' }] }),
  ],
  startJob: [
    2,
    (text) =>
      client.startAsyncInvoke({
        modelId: 'amazon.nova-reel-v1:0',
        modelInput: { taskType: 'TEXT_VIDEO', textToVideoParams: { text } },
        outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://b/k' } },
      }),
  ],
  getJob: [2, (text) => client.getAsyncInvoke({ invocationArn: `arn:aws:bedrock:us-east-1:123456789012:async-invoke/${text}` })],
  listJobs: [1, (text) => client.listAsyncInvokes({ nextToken: text })],
};
/** What the SDK itself keeps something of: streams that are cut, left, aborted or never read. */
const KEPT = new Set(['streamCut', 'streamUnread', 'streamAborted', 'streamLeft']);
const taken = Object.entries(WAYS).filter(([name]) => !(process.env.STEADY && KEPT.has(name)));
const deck = taken.flatMap(([name, [times]]) => new Array(times).fill(name));

const made = {};
const failed = {};
let count = 0;
async function lane(until) {
  while (Date.now() < until) {
    const name = deck[Math.floor(random() * deck.length)];
    made[name] = (made[name] ?? 0) + 1;
    try {
      await WAYS[name][1](`call-${count++}-`);
    } catch (error) {
      const key = `${name}: ${error?.name}`;
      failed[key] = (failed[key] ?? 0) + 1;
    }
  }
}

/** When all that was recorded is delivered: what still waits is no growth. */
async function rest() {
  while (flush && !(await flush())) await sleep(100);
  for (let times = 0; times < 3; times++) {
    await sleep(100);
    globalThis.gc();
  }
}

const heap = [];
while (Date.now() < until) {
  const end = Math.min(until, Date.now() + ROUND_MS);
  await Promise.all(Array.from({ length: LANES }, () => lane(end)));
  await rest();
  const { heapUsed, external, rss } = process.memoryUsage();
  heap.push({ calls: count, heapUsed, external, rss });
}

client.destroy();
const listeners = Object.fromEntries(process.eventNames().map((name) => [String(name), process.listenerCount(name)]));
console.log(JSON.stringify({ count, made, failed, heap, said, listeners }));
