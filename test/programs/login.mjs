// An application with a logger of `braintrust`. What is to be seen of it beside its one call comes as its argument, as JSON.
import { mock } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { flush, initLogger } from 'braintrust';

const { throws, forgets, clock, exit, stays, ...options } = JSON.parse(process.argv[2] ?? '{}');
const thrown = {
  error: (url) => new Error(`SECRET thrown by ${url}`, { cause: 'SECRET cause' }),
  text: () => 'SECRET text',
  nothing: () => undefined,
  cause: () => new TypeError('SECRET failed', { cause: Object.assign(new Error('SECRET cause'), { code: 'ECONNREFUSED' }) }),
  code: () => Object.assign(new Error('SECRET failed'), { code: 'ECONNRESET' }),
  key: () => Object.assign(new Error('SECRET failed', { cause: { code: 'AKIASECRET0001' } }), { name: 'SECRET' }),
  status: () => Object.assign(new Error('SECRET failed'), { status: 400 }),
  getter: () => ({
    get status() {
      throw new Error('SECRET getter');
    },
  }),
  proxy: () =>
    new Proxy(
      {},
      {
        get() {
          throw new Error('SECRET proxy');
        },
        getPrototypeOf() {
          throw new Error('SECRET prototype');
        },
      },
    ),
}[throws];
initLogger({ projectName: 'its own', ...options, ...(thrown && { fetch: async (url) => Promise.reject(thrown(url)) }) });
if (forgets) delete process.env.BRAINTRUST_API_KEY;
const client = new BedrockRuntimeClient({});
const ask = () =>
  client.send(new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }));
await ask();
if (clock) {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] });
  flush();
  await sleep(100);
  mock.timers.reset();
  await ask();
}
if (exit) process.exit(0);
if (stays) setInterval(() => {}, 1000);
client.destroy();
