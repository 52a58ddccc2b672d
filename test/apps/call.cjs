// What every program here does with the SDK it has loaded in its own way: one call, and a word about it.
exports.call = async ({ BedrockRuntimeClient, ConverseCommand, InvokeModelCommand }) => {
  const client = new BedrockRuntimeClient({ endpoint: process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME });
  const modelId = 'anthropic.claude-3-haiku-20240307-v1:0';
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }];
  // Converse came with 3.587.
  const command = ConverseCommand
    ? new ConverseCommand({ modelId, messages: [{ role: 'user', content: [{ text: 'Hello' }] }] })
    : new InvokeModelCommand({ modelId, body: JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages }) });
  await client.send(command);
  client.destroy();
  console.log('answered');
};
