import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { wrapBedrockRuntime } from 'braintrust-bedrock';

const client = wrapBedrockRuntime(new BedrockRuntimeClient({}));

async function main() {
  const { output } = await client.send(
    new ConverseCommand({
      modelId: 'us.amazon.nova-lite-v1:0',
      messages: [{ role: 'user', content: [{ text: 'Where is the tram?' }] }],
    }),
  );
  console.log(output?.message?.content?.[0]?.text);
}

main();
