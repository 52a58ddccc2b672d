import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { HOOK, HOOK_CJS, ROOT, runProgram } from './apps/run';

const APPS = path.join(ROOT, 'test', 'apps');
const SOURCE_LOADER = path.join(APPS, 'source-loader.mjs');

const FILES = {
  'throws.cjs': 'function inner() { throw new RangeError("at evaluation"); }\ninner();',
  'syntax.cjs': 'const = 1;',
  'misses.cjs': 'require("a-package-that-is-not-there");',
  'requires-throws.cjs': 'require("./throws.cjs");',
  'bad-sdk.cjs': 'require("@aws-sdk/client-bedrock-runtime");',
  // What the SDK does when one of its dependencies is missing.
  'node_modules/@aws-sdk/client-bedrock-runtime/package.json': '{ "main": "./dist-cjs/index.js" }',
  'node_modules/@aws-sdk/client-bedrock-runtime/dist-cjs/index.js': 'exports.BedrockRuntimeClient = class {}; require("@smithy/missing");',
  // Looks like the SDK by its name.
  'node_modules/my-client-bedrock-runtime-helper/index.js': 'exports.BedrockRuntimeClient = "not a class";',
  // Looks like the SDK by its layout, reads and replaces its own exports, and is required while it loads.
  'node_modules/other/package.json': '{ "main": "./dist-cjs/index.js" }',
  'node_modules/other/dist-cjs/index.js':
    'const first = module.exports; first.partial = true; const circular = require("./part.js"); module.exports = { same: first === exports, circular, name: "other" };',
  'node_modules/other/dist-cjs/part.js':
    'module.exports = { ...require("./index.js"), loaded: module.parent && require.cache[require.resolve("./index.js")].loaded };',
  'throws.mjs': 'function inner() { throw new RangeError("at evaluation"); }\ninner();',
  'syntax.mjs': 'const = 1;',
  'misses.mjs': 'import "a-package-that-is-not-there";',
  'imports-throws.mjs': 'import "./throws.mjs";',
  'library.cjs':
    'exports.real = typeof require.resolve === "function" && require("node:fs") === require("fs");\nexports.path = __filename;',
  // Has the name of the file that gets another line, without its class, and throws.
  'node_modules/@anthropic-ai/sdk/resources/messages/batches.mjs': 'export const other = 1;\nthrow new RangeError("at evaluation");',
  'node_modules/@anthropic-ai/sdk/package.json': '{ "type": "module" }',
  // The same name in another package: without the class that would tell, nothing comes of it.
  'node_modules/other-messages/resources/messages/batches.mjs': 'export const source = () => "itself"; // no newline at the end',
};

const folder = mkdtempSync(path.join(tmpdir(), 'seen-'));
for (const [file, content] of Object.entries(FILES)) {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), content);
}
after(() => rmSync(folder, { recursive: true, force: true }));

/** What the program says it sees, with the preload in the place where ours would be. */
async function seen(program: string, flags: string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram({ args: [...flags, path.join(APPS, program)], env: { SEEN: folder } });
  assert.equal(stderr, '');
  assert.equal(code, 0);
  // Below it, the thread that resolves modules has been woken in one way or another, by itself.
  return stdout.replace(/(at Hooks\.resolve [^\\"]*)(?:\\n +at [^\\"]*)+/g, '$1');
}

describe('the application sees the same errors, stacks, exports and cache with the hook as without it', { concurrency: 2 }, () => {
  // A preload that does nothing is the comparison: `--import` of anything changes how Node starts a program.
  const preloads = [
    { ours: ['--import', HOOK], theirs: ['--import', path.join(APPS, 'nothing.mjs')] },
    { ours: ['--require', HOOK_CJS], theirs: ['--require', path.join(APPS, 'nothing.cjs')] },
  ];
  for (const program of ['seen.cjs', 'seen.mjs', 'seen-modules.mjs']) {
    for (const { ours, theirs } of preloads) {
      test(`${program} under ${ours[0]}`, async () => {
        assert.equal(await seen(program, ours), await seen(program, theirs));
      });
    }

    test(`${program} under another loader`, async () => {
      const loader = ['--import', SOURCE_LOADER];
      assert.equal(await seen(program, [...loader, '--import', HOOK]), await seen(program, loader));
    });
  }
});
