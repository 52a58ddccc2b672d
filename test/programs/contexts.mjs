// Prints who of ours has used an AsyncLocalStorage: V8 never makes promises as quick again after the first one.
import { AsyncLocalStorage } from 'node:async_hooks';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { initLogger } from 'braintrust';

const found = [];
for (const name of ['run', 'enterWith']) {
  const original = AsyncLocalStorage.prototype[name];
  AsyncLocalStorage.prototype[name] = function (...args) {
    found.push(...new Error().stack.split('\n').filter((line) => line.includes('/dist/line.js')));
    return Reflect.apply(original, this, args);
  };
}
const logger = initLogger({ projectName: process.env.BRAINTRUST_PROJECT ?? 'contexts' });
const client = new BedrockRuntimeClient({});
await client.send(new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }));
await logger.flush();
client.destroy();
console.log(JSON.stringify(found));
