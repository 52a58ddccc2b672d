import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { configure, wrapBedrockRuntime } from 'braintrust-bedrock';

configure({ redact: (text) => text.replace(/\b\d{4}( ?\d{4}){3}\b/g, '[card]') });

const client = wrapBedrockRuntime(new BedrockRuntimeClient({}));

async function main() {
  await client.send(
    new ConverseCommand({
      modelId: 'us.amazon.nova-lite-v1:0',
      messages: [{ role: 'user', content: [{ text: 'My card is 4111 1111 1111 1111.' }] }],
    }),
  );
}

main();
