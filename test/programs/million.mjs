// An application that reads a stream of EVENTS events through a wrapped client, and prints what its heap had when it was at its end. Needs --expose-gc.
import { wrapBedrockRuntime } from '../../dist/index.mjs';

const EVENTS = Number(process.env.EVENTS);
const at = (index) => {
  if (index === 0) return { messageStart: { role: 'assistant' } };
  if (index === EVENTS - 1) return { messageStop: { stopReason: 'end_turn' } };
  return { contentBlockDelta: { contentBlockIndex: 0, delta: { text: index % 10 ? '' : `${index} ` } } };
};
const stream = () => {
  let index = 0;
  return { [Symbol.asyncIterator]: () => ({ next: async () => (index < EVENTS ? { done: false, value: at(index++) } : { done: true }) }) };
};
const client = { config: {}, middlewareStack: { add() {} }, send: async () => ({ stream: stream() }) };
if (process.env.WRAP) wrapBedrockRuntime(client);
const command = { schema: [9, 'com.amazonaws.bedrockruntime', 'ConverseStream'], input: { modelId: 'amazon.nova-lite-v1:0' } };

globalThis.gc();
const before = process.memoryUsage().heapUsed;
const answer = await client.send(command);
let read = 0;
let heap = 0;
for await (const _ of answer.stream) {
  if (++read !== EVENTS) continue;
  globalThis.gc();
  heap = process.memoryUsage().heapUsed - before;
}
console.log(JSON.stringify({ read, heap }));
