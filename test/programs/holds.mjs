// An application that lets go of large buffers when a call is over, and prints which of them are still there. Needs --expose-gc.
import { setTimeout as sleep } from 'node:timers/promises';
import { BedrockRuntime } from '@aws-sdk/client-bedrock-runtime';

const client = new BedrockRuntime({ maxAttempts: 1 });
const NOVA = 'amazon.nova-lite-v1:0';
const SIZE = 4_000_000;
const kept = [];

async function gone(ref) {
  for (let round = 0; round < 20; round++) {
    await sleep(20); // who looks at a weak reference holds what it refers to for the rest of the turn
    globalThis.gc();
    if (ref.deref() === undefined) return true;
  }
  return false;
}

const body = () => Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'a'.repeat(SIZE) }] }] }));
const asked = (bytes) => ({
  modelId: NOVA,
  messages: [{ role: 'user', content: [{ image: { format: 'png', source: { bytes } } }, { text: 'b' }] }],
});
const ways = {
  async body() {
    const buffer = body();
    await client.invokeModel({ modelId: NOVA, body: buffer });
    return new WeakRef(buffer);
  },
  async image() {
    const bytes = new Uint8Array(SIZE);
    await client.converse(asked(bytes));
    return new WeakRef(bytes);
  },
  async failure() {
    const bytes = new Uint8Array(SIZE);
    await client.converse({ ...asked(bytes), modelId: 'nothing' }).catch((error) => kept.push(error));
    return new WeakRef(bytes);
  },
  // the application keeps the answer, its stream included, for as long as it lives
  async stream() {
    const buffer = body();
    const answer = await client.invokeModelWithResponseStream({ modelId: NOVA, body: buffer });
    for await (const _ of answer.body);
    kept.push(answer);
    return new WeakRef(buffer);
  },
  async leftStream() {
    const bytes = new Uint8Array(SIZE);
    const answer = await client.converseStream(asked(bytes));
    for await (const _ of answer.stream) break;
    kept.push(answer);
    return new WeakRef(bytes);
  },
};
const result = {};
for (const [name, way] of Object.entries(ways)) result[name] = await gone(await way());
console.log(JSON.stringify(result));
kept.length = 0;
client.destroy();
