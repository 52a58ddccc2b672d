// What calls cost in figures that a clock has no part in: bytes that are allocated, modules that are loaded. One JSON line.
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import v8 from 'node:v8';
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import { fromUtf8, toUtf8 } from '@smithy/util-utf8';

const CALLS = 200;
const EVENTS = 2000;
const SENDINGS = 8;
const codec = new EventStreamCodec(toUtf8, fromUtf8);
const frame = (type, payload) =>
  codec.encode({
    headers: {
      ':message-type': { type: 'string', value: 'event' },
      ':event-type': { type: 'string', value: type },
      ':content-type': { type: 'string', value: 'application/json' },
    },
    body: Buffer.from(JSON.stringify(payload)),
  });
const delta = frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'a word ' } });
const stream = [
  frame('messageStart', { role: 'assistant' }),
  ...Array.from({ length: EVENTS }, () => delta),
  frame('messageStop', { stopReason: 'end_turn' }),
].map((bytes) => Buffer.from(bytes));
const message = Buffer.from(
  JSON.stringify({
    output: { message: { role: 'assistant', content: [{ text: 'By tram 28.' }] } },
    stopReason: 'end_turn',
    usage: { inputTokens: 12, outputTokens: 6, totalTokens: 18 },
  }),
);
const client = new BedrockRuntimeClient({
  requestHandler: {
    metadata: { handlerProtocol: 'h2' },
    async handle({ path }) {
      const streams = path.endsWith('stream');
      const headers = { 'content-type': streams ? 'application/vnd.amazon.eventstream' : 'application/json', 'x-amzn-requestid': '1' };
      return { response: { statusCode: 200, headers, body: Readable.from(streams ? stream : [message], { objectMode: false }) } };
    },
    destroy() {},
  },
});
const input = { modelId: 'us.amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text: 'How do I get to the castle?' }] }] };
const call = () => client.send(new ConverseCommand(input));
const read = async () => {
  for await (const _event of (await client.send(new ConverseStreamCommand(input))).stream);
};

/** Nothing is collected meanwhile: the young generation has room for all of it. */
async function allocated(run, times) {
  globalThis.gc();
  const before = v8.getHeapStatistics().used_heap_size;
  for (let count = 0; count < times; count++) await run();
  return v8.getHeapStatistics().used_heap_size - before;
}

for (let count = 0; count < 50; count++) await call();
await read();
await sleep(800);
const perCall = (await allocated(call, CALLS)) / CALLS;
await sleep(800);
const perEvent = (await allocated(read, 3)) / (3 * EVENTS);
const files = Object.keys(createRequire(import.meta.url).cache).filter(
  (file) => !file.includes('node_modules') || /node_modules.braintrust./.test(file),
);

/** What `send` itself takes, before it returns: bytes of the heap, and of buffers. The median of seven, after one. */
async function sending(content) {
  const command = new ConverseCommand({ ...input, messages: [{ role: 'user', content }] });
  const of = () => ({ heap: v8.getHeapStatistics().used_heap_size, buffers: process.memoryUsage().arrayBuffers });
  const taken = { heap: [], buffers: [] };
  for (let count = 0; count < SENDINGS; count++) {
    globalThis.gc();
    await sleep(30); // buffers are given back in a thread of their own
    const before = of();
    const answer = client.send(command);
    const after = of();
    await answer;
    for (const kind of count > 0 ? Object.keys(taken) : []) taken[kind].push(after[kind] - before[kind]);
  }
  const median = (values) => values.sort((one, other) => one - other)[values.length >> 1];
  return { heap: median(taken.heap), buffers: median(taken.buffers) };
}
const png = (bytes) => ({ image: { format: 'png', source: { bytes: new Uint8Array(bytes) } } });
const text = (index) => ({ text: `${index}: ${'The miradouro looks over the roofs of Alfama. '.repeat(43)}` });
const sent = {
  conversation: await sending(Array.from({ length: 100 }, (_, index) => text(index))),
  image: await sending([png(1_000_000)]),
  tooMany: await sending(Array.from({ length: 10 }, () => png(5_000_000))),
};
console.log(JSON.stringify({ perCall, perEvent, files, sent }));
