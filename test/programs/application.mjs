// An application, in ES modules. What it does with Braintrust is in BT: nothing, before (the SDK is imported), after, wrapped, wrapped-after, parent, no-logger.
const mode = process.env.BT ?? 'nothing';
const environment = JSON.stringify(process.env);
let braintrust;
if (mode === 'before' || mode === 'wrapped' || mode === 'parent') {
  braintrust = await import('braintrust');
  braintrust.initLogger({ projectName: 'its own' });
}
if (mode === 'no-logger') braintrust = await import('braintrust');
const { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } = await import('@aws-sdk/client-bedrock-runtime');
if (mode === 'after' || mode === 'wrapped-after') {
  braintrust = await import('braintrust');
  braintrust.initLogger({ projectName: 'its own' });
}
const input = { modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text: 'Hello' }] }] };
let client = new BedrockRuntimeClient({});
if (mode.startsWith('wrapped')) client = braintrust.wrapBedrockRuntime(client);
const call = () => client.send(new ConverseCommand(input));
if (mode === 'parent') {
  const parent = await braintrust.traced((span) => span.export(), { name: 'elsewhere' });
  await braintrust.withParent(parent, call);
} else if (braintrust) await braintrust.traced(call, { name: 'mine' });
else await call();
if (process.env.STREAM === 'unread') globalThis.kept = await client.send(new ConverseStreamCommand(input));
if (process.env.STREAM === 'begun') {
  globalThis.kept = (await client.send(new ConverseStreamCommand(input))).stream[Symbol.asyncIterator]();
  await globalThis.kept.next();
  await globalThis.kept.next();
}
if (!process.env.STREAM) client.destroy();
console.log(JSON.stringify({ sameEnvironment: JSON.stringify(process.env) === environment }));
