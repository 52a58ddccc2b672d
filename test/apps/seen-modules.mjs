// What an application can see of ES modules that have files of the SDK of Anthropic among them, and of reading files, as JSON. SEEN as in seen.cjs.
import fs from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

Error.stackTraceLimit = 100;
const require = createRequire(import.meta.url);
const seen = {};
const urlOf = (file) => pathToFileURL(path.join(process.env.SEEN, file)).href;

for (const file of [
  'throws.mjs',
  'syntax.mjs',
  'misses.mjs',
  'imports-throws.mjs',
  'node_modules/@anthropic-ai/sdk/resources/messages/batches.mjs',
]) {
  await import(urlOf(file)).catch((error) => {
    seen[file] = { name: error.name, code: error.code, message: error.message, stack: error.stack };
  });
}

const { default: Anthropic } = await import('@anthropic-ai/sdk');
const url = import.meta.resolve('@anthropic-ai/sdk/resources/messages/batches.mjs');
const batches = await import(url);
seen.sdk = {
  keys: Object.keys(batches),
  same: batches === (await import(url)),
  class: new Anthropic({ apiKey: 'none' }).messages.batches instanceof batches.Batches,
  left: Reflect.ownKeys(globalThis).filter(
    (key) => /batches/i.test(String(key)) && Object.prototype.propertyIsEnumerable.call(globalThis, key),
  ),
  cache: Object.keys(require.cache).filter((file) => file.includes('@anthropic-ai')),
};
const other = await import(urlOf('node_modules/other-messages/resources/messages/batches.mjs'));
seen.other = { keys: Object.keys(other), source: other.source() };
const library = await import(urlOf('library.cjs'));
seen.library = { keys: Object.keys(library), real: library.default.real, cached: library.default.path in require.cache };

const source = fileURLToPath(url);
const text = fs.readFileSync(source, 'utf8');
seen.read = {
  descriptors: ['readFile', 'readFileSync', 'promises'].map((name) => ({ ...Object.getOwnPropertyDescriptor(fs, name), value: undefined })),
  function: [fs.promises.readFile.name, fs.promises.readFile.length, readFile.name, Object.keys(fs.promises).length],
  text: (await fs.promises.readFile(source, 'utf8')) === text && (await fs.promises.readFile(new URL(url), 'utf8')) === text,
  bytes: (await fs.promises.readFile(source)).equals(fs.readFileSync(source)) && fs.readFileSync(new URL(url), 'utf8') === text,
  absent: await fs.promises.readFile(new URL('absent', url)).catch((error) => `${error.stack}`),
};
console.log(JSON.stringify(seen, null, 2));
