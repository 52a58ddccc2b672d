// An application that gives `braintrust` its own way to the network.
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { initLogger } from 'braintrust';

const asked = [];
const logger = initLogger({
  projectName: 'its own',
  fetch: (url, init) => {
    asked.push(new URL(url).pathname);
    return fetch(url, init);
  },
});
const client = new BedrockRuntimeClient({});
await client.send(new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }));
await logger.flush();
client.destroy();
console.log(JSON.stringify(asked));
