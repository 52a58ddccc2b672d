// What the process loads from its first call to the answer, as JSON. There is a turn of the event loop before it, as most applications have.
const { _cache: cache } = require('node:module');
const { Readable } = require('node:stream');
const { BedrockRuntimeClient, ConverseCommand } = require('@aws-sdk/client-bedrock-runtime');

const client = new BedrockRuntimeClient({
  region: 'us-east-1',
  credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
  requestHandler: { handle: async () => ({ response: { statusCode: 200, headers: {}, body: Readable.from([Buffer.from('{}')]) } }) },
});
const loaded = () => ({ files: Object.keys(cache), builtins: [...process.moduleLoadList] });

setTimeout(async () => {
  const before = loaded();
  await client.send(new ConverseCommand({ modelId: 'us.amazon.nova-lite-v1:0', messages: [] }));
  const after = loaded();
  const added = (name) => after[name].filter((one) => !before[name].includes(one));
  process.stdout.write(JSON.stringify({ files: added('files'), builtins: added('builtins') }), () => process.reallyExit(0));
}, 20);
