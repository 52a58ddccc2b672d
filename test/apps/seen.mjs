// What an application can see of modules that it imports, as JSON. SEEN as in seen.cjs.
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

Error.stackTraceLimit = 100;
const seen = {};
const urlOf = (file) => pathToFileURL(path.join(process.env.SEEN, file)).href;

// The stack of a failed resolution is left out: with a loader in another thread it differs from run to run.
for (const file of [
  'throws.cjs',
  'syntax.cjs',
  'misses.cjs',
  'requires-throws.cjs',
  'absent.cjs',
  'node_modules/@aws-sdk/client-bedrock-runtime/dist-cjs/index.js',
]) {
  await import(urlOf(file)).catch((error) => {
    seen[file] = { name: error.name, code: error.code, stack: file === 'absent.cjs' || error.stack, requireStack: error.requireStack };
  });
}

const sdk = await import('@aws-sdk/client-bedrock-runtime');
const require = createRequire(import.meta.url);
seen.sdk = {
  keys: Object.keys(sdk),
  same: sdk === (await import('@aws-sdk/client-bedrock-runtime')),
  default: sdk.default === require('@aws-sdk/client-bedrock-runtime'),
  classes: sdk.BedrockRuntimeClient === sdk.default.BedrockRuntimeClient,
  left: Reflect.ownKeys(require.cache).filter((file) => !require.cache[file]),
};
const other = await import(urlOf('node_modules/other/dist-cjs/index.js'));
seen.other = { keys: Object.keys(other), same: other.default === require(path.join(process.env.SEEN, 'node_modules/other')) };

console.log(JSON.stringify(seen, null, 2));
