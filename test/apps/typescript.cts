const sdk: typeof import('@aws-sdk/client-bedrock-runtime') = require('@aws-sdk/client-bedrock-runtime');

async function main(): Promise<void> {
  const modelId: string = 'anthropic.claude-3-haiku-20240307-v1:0';
  const messages: { role: 'user'; content: string }[] = [{ role: 'user', content: 'Hello' }];
  const client = new sdk.BedrockRuntimeClient({ endpoint: process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME ?? '' });
  await client.send(new sdk.InvokeModelCommand({ modelId, body: JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', messages }) }));
  client.destroy();
  console.log('answered');
}

void main();
