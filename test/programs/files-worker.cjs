// A call with an image in the main thread, two in a worker thread, and one more in the main thread.
const { once } = require('node:events');
const { setTimeout: sleep } = require('node:timers/promises');
const { isMainThread, Worker } = require('node:worker_threads');
const { BedrockRuntimeClient, ConverseCommand } = require('@aws-sdk/client-bedrock-runtime');

const client = new BedrockRuntimeClient({ maxAttempts: 1 });
const image = (fill) => ({ image: { format: 'png', source: { bytes: new Uint8Array(1000).fill(fill) } } });
const call = (fill) =>
  client.send(
    new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text: 'see' }, image(fill)] }] }),
  );

async function main() {
  if (!isMainThread) {
    await call(2);
    await sleep(500); // by now the main thread has answered
    return call(3);
  }
  await call(1);
  await once(new Worker(__filename), 'exit');
  return call(4);
}
void main();
