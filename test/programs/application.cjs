// The same application as application.mjs, in CommonJS.
const mode = process.env.BT ?? 'nothing';
const environment = JSON.stringify(process.env);
let braintrust;
const init = () => {
  braintrust = require('braintrust');
  braintrust.initLogger({ projectName: 'its own' });
};
if (mode === 'before' || mode === 'wrapped' || mode === 'parent') init();
if (mode === 'no-logger') braintrust = require('braintrust');
const { BedrockRuntimeClient, ConverseCommand } = require('@aws-sdk/client-bedrock-runtime');
if (mode === 'after' || mode === 'wrapped-after') init();
const input = { modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text: 'Hello' }] }] };
(async () => {
  let client = new BedrockRuntimeClient({});
  if (mode.startsWith('wrapped')) client = braintrust.wrapBedrockRuntime(client);
  const call = () => client.send(new ConverseCommand(input));
  if (mode === 'parent') {
    const parent = await braintrust.traced((span) => span.export(), { name: 'elsewhere' });
    await braintrust.withParent(parent, call);
  } else if (braintrust) await braintrust.traced(call, { name: 'mine' });
  else await call();
  client.destroy();
  console.log(JSON.stringify({ sameEnvironment: JSON.stringify(process.env) === environment }));
})();
