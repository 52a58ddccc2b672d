// An application whose tests have taken the clock away: its timers do nothing, and it counts who asks for one.
import { setTimeout as sleep } from 'node:timers/promises';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';

const client = new BedrockRuntimeClient({});
const ask = (text) => new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text }] }] });
await client.send(ask('with its timers'));
await sleep(900);
const asked = [];
for (const name of ['setTimeout', 'setInterval', 'setImmediate']) {
  globalThis[name] = () => {
    const [, , caller = ''] = new Error().stack.split('\n');
    if (caller.includes('/dist/')) asked.push(`${name} ${caller.trim()}`);
    return { ref() {}, unref() {}, hasRef: () => false, refresh() {} };
  };
}
await client.send(ask('without them')).catch(() => {});
await sleep(1500);
client.destroy();
console.log(JSON.stringify(asked.filter((caller) => !caller.includes('node_modules'))));
