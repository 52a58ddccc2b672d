import { BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';

const modelId: string = 'anthropic.claude-3-haiku-20240307-v1:0';
const messages: { role: 'user'; content: string }[] = [{ role: 'user', content: 'Hello' }];
const client = new BedrockRuntimeClient({ endpoint: process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME ?? '' });
await client.send(new InvokeModelCommand({ modelId, body: JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', messages }) }));
client.destroy();
console.log('answered');
