// For `node --require braintrust-bedrock/hook.cjs`. Also the one to use where worker threads are started from a string (`eval: true`).
try {
  require('./dist/loader.js').arm();
} catch (error) {
  process.stderr.write(`braintrust-bedrock: the hook did not load, Bedrock calls are not traced: ${String(error).split('\n', 1)}\n`);
}
