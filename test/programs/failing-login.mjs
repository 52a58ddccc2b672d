// An application whose logger of `braintrust` cannot log in, and which goes on all the same until it is stopped.
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { initLogger } from 'braintrust';

const thrown = {
  error: (url) => new Error(`SECRET thrown by ${url}`, { cause: 'SECRET cause' }),
  text: () => 'SECRET text',
  code: () => new TypeError('SECRET failed', { cause: Object.assign(new Error('SECRET cause'), { code: 'ECONNREFUSED' }) }),
}[process.argv[2]];
const fetch = (url) => Promise.reject(thrown(url));
initLogger({ projectName: 'its own', ...(thrown && { fetch }) });
const client = new BedrockRuntimeClient({});
await client.send(new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }));
setInterval(() => {}, 1000);
