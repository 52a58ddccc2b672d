// For `node --import braintrust-bedrock/hook.mjs`. What it loads is CommonJS: it has to work under `--no-experimental-require-module`.
import { createRequire } from 'node:module';

try {
  createRequire(import.meta.url)('./dist/loader.js').arm();
} catch (error) {
  process.stderr.write(`braintrust-bedrock: the hook did not load, Bedrock calls are not traced: ${String(error).split('\n', 1)}\n`);
}
