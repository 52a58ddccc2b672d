// As `decache`, `proxyquire` and hot reloaders do: the SDK once more, as a new module with a new class.
const { call } = require('./call.cjs');

(async () => {
  const first = require('@aws-sdk/client-bedrock-runtime');
  delete require.cache[require.resolve('@aws-sdk/client-bedrock-runtime')];
  const second = require('@aws-sdk/client-bedrock-runtime');
  if (first.BedrockRuntimeClient === second.BedrockRuntimeClient) throw new Error('it was not loaded again');
  await call(first);
  await call(second);
})();
