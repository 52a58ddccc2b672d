// An application with a distinctive secret in every place that one can stand. It ends by process.exit while its rows are unsent.
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';

if (process.env.OWN_FETCH) {
  const { initLogger } = await import('braintrust');
  initLogger({
    projectName: 'its own',
    fetch: (url, init) => {
      const { pathname } = new URL(url);
      if (pathname.includes(process.env.OWN_FETCH)) throw new Error(`SECRET-0015-thrown by ${url}`, { cause: 'SECRET-0016-cause' });
      return fetch(url, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), 'x-proxy': 'SECRET-0014-fetch' } });
    },
  });
}
const client = new BedrockRuntimeClient({
  maxAttempts: 1,
  credentials: { accessKeyId: 'AKIASECRETSECRET0001', secretAccessKey: 'SECRET-0002-aws', sessionToken: 'SECRET-0003-session' },
});
client.middlewareStack.add(
  (next) => (args) => {
    Object.assign(args.request.headers, { 'proxy-authorization': 'Bearer SECRET-0004-header', 'x-api-key': 'SECRET-0005-custom' });
    return next(args);
  },
  { step: 'build', name: 'own' },
);
const image = { image: { format: 'png', source: { bytes: new Uint8Array(32) } } };
const ask = (text) => new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text }, image] }] });
await client.send(ask('hello'));
// An error with the whole response on it, as the SDK gives one.
await client.send(ask('denied')).catch(() => {});
const unreachable = new BedrockRuntimeClient({
  maxAttempts: 1,
  endpoint: 'http://user:SECRET-0006-endpoint@127.0.0.1:9',
  credentials: { accessKeyId: 'AKIASECRETSECRET0001', secretAccessKey: 'SECRET-0002-aws' },
});
await unreachable.send(ask('nobody')).catch(() => {});
const failing = new BedrockRuntimeClient({
  credentials: async () => {
    throw Object.assign(new Error('no credentials'), { config: { headers: { authorization: 'Bearer SECRET-0007-provider' } } });
  },
});
await failing.send(ask('nobody')).catch(() => {});
if (process.env.WAIT_MS) await new Promise((resolve) => setTimeout(resolve, Number(process.env.WAIT_MS)));
console.log('made');
process.exit(0);
