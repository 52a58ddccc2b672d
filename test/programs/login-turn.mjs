// In which turns of the event loop Node loads `fetch` for us, and `braintrust` logs in by it.
import { subscribe } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { flush, initLogger } from 'braintrust';

initLogger({ projectName: process.env.BRAINTRUST_PROJECT });

let turn = 0;
const count = () => {
  turn++;
  setImmediate(count).unref();
};
count();

const turns = {};
const { get } = Object.getOwnPropertyDescriptor(globalThis, 'Response');
Object.defineProperty(globalThis, 'Response', {
  configurable: true,
  get() {
    turns.loaded ??= turn;
    return get.call(globalThis);
  },
});
subscribe('undici:request:create', ({ request }) => {
  if (request.path.endsWith('/api/apikey/login')) turns.login ??= turn;
});

const client = new BedrockRuntimeClient({});
await client.send(new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text: 'Where?' }] }] }));
client.destroy();
// Who flushes at once waits for the log-in itself.
while (turns.login === undefined) await sleep(20);
await flush();
console.log(JSON.stringify(turns));
