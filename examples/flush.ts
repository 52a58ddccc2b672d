import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { flush, wrapBedrockRuntime } from 'braintrust-bedrock';

const client = wrapBedrockRuntime(new BedrockRuntimeClient({}));

async function main() {
  await client.send(
    new ConverseCommand({ modelId: 'us.amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text: 'Where is the tram?' }] }] }),
  );
  if (!(await flush())) console.error('Braintrust has not confirmed the spans; they are sent when the process ends.');
}

main();
