// An application whose logger is at OWN_URL, where that is set. It makes a call and has nothing more to do.
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { initLogger } from 'braintrust';

setTimeout(() => process.exit(3), Number(process.env.END_WITHIN_MS)).unref(); // holds nothing, and tells who does
initLogger({ projectName: 'its own', ...(process.env.OWN_URL && { appUrl: process.env.OWN_URL }) });
const client = new BedrockRuntimeClient({});
await client.send(new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }));
client.destroy();
