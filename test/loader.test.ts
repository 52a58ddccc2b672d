import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { complaint, HOOK, HOOK_CJS, type Program, ROOT, runProgram } from './apps/run';
import { FORMS } from './matrix/forms';

const NODE = process.versions.node.split('.').map(Number);
const SDK = path.join(ROOT, 'node_modules', '@aws-sdk', 'client-bedrock-runtime');

const temporary = mkdtempSync(path.join(tmpdir(), 'loader-'));
after(() => rm(temporary, { recursive: true, force: true }));

function app(name: string): string {
  return path.join(ROOT, 'test', 'apps', name);
}

async function expectSpans(program: Program, calls = 1): Promise<void> {
  const outcome = await runProgram(program);
  assert.equal(complaint(outcome), undefined);
  assert.equal(outcome.calls, calls);
}

describe('every way to load the SDK gives one span a call', { concurrency: 2 }, () => {
  for (const { name, program, options, flags = [], without } of FORMS) {
    const reason = without?.(NODE, [3, 1163]);
    const env = { NODE_OPTIONS: options };
    if (program !== 'several.cjs') test(name, { skip: reason ?? false }, () => complains({ args: [...flags, app(program)], env }));
  }
  async function complains(program: Program): Promise<void> {
    assert.equal(complaint(await runProgram(program)), undefined);
  }
});

describe('the hook is found', { concurrency: 2 }, () => {
  test('as a bare specifier, where the package is installed', () =>
    expectSpans({ args: [app('import-named.mjs')], env: { NODE_OPTIONS: '--import braintrust-bedrock/hook.mjs' } }));

  test('as a bare specifier with --require', () =>
    expectSpans({ args: [app('require.cjs')], env: { NODE_OPTIONS: '--require braintrust-bedrock/hook.cjs' } }));

  test('as a file URL, from a working directory far away', () =>
    expectSpans({ args: [app('import-named.mjs')], cwd: temporary, env: { NODE_OPTIONS: `--import ${pathToFileURL(HOOK)}` } }));

  test('as an absolute path, from a working directory far away', () =>
    expectSpans({ args: [app('require.cjs')], cwd: temporary, env: { NODE_OPTIONS: `--import ${HOOK}` } }));

  test('on the command line', () => expectSpans({ args: ['--import', HOOK, app('import-named.mjs')] }));

  test('under another root, for an application that has neither it nor braintrust', async () => {
    const opt = path.join(temporary, 'opt', 'braintrust-bedrock');
    const home = path.join(temporary, 'home');
    await mkdir(path.join(opt, 'node_modules'), { recursive: true });
    await mkdir(path.join(home, 'node_modules'), { recursive: true });
    for (const part of ['hook.mjs', 'hook.cjs', 'package.json', 'dist'])
      await cp(path.join(ROOT, part), path.join(opt, part), { recursive: true });
    await symlink(path.join(ROOT, 'node_modules', 'braintrust'), path.join(opt, 'node_modules', 'braintrust'));
    await symlink(path.join(ROOT, 'node_modules', '@aws-sdk'), path.join(home, 'node_modules', '@aws-sdk'));
    for (const program of ['import-named.mjs', 'require.cjs', 'call.cjs']) await cp(app(program), path.join(home, program));
    for (const program of ['import-named.mjs', 'require.cjs']) {
      await expectSpans({ args: [program], cwd: home, env: { NODE_OPTIONS: `--import ${path.join(opt, 'hook.mjs')}` } });
    }
  });
});

describe('one patch', { concurrency: 2 }, () => {
  test('of each of several copies, one of them under another name, whatever loads them', async () => {
    // Beside the others, where its dependencies are: this is what `"bedrock-old": "npm:@aws-sdk/client-bedrock-runtime@…"` installs.
    const alias = path.join(ROOT, '.cache', `alias-${process.pid}`);
    await cp(SDK, alias, { recursive: true });
    const env = { NODE_OPTIONS: `--import ${HOOK}`, APP_SDKS: `${SDK},${alias}` };
    await expectSpans({ args: [app('several.cjs')], env }, 2).finally(() => rm(alias, { recursive: true, force: true }));
  });

  test('of a module that is loaded once more', () => expectSpans({ args: ['--require', HOOK_CJS, app('reload.cjs')] }, 2));

  test('of an SDK that was loaded before the hook', () =>
    expectSpans({ args: ['--require', SDK, '--import', HOOK, app('import-named.mjs')] }));

  test('with the same entry twice', () =>
    expectSpans({ args: ['--import', HOOK, '--import', `${pathToFileURL(HOOK)}?again`, app('import-named.mjs')] }));

  test('of the module loader itself, however often it is armed', async () => {
    const again = path.join(temporary, 'again.cjs');
    await writeFile(
      again,
      `const Module = require('node:module');
      const before = Module._nodeModulePaths;
      delete require.cache[${JSON.stringify(HOOK_CJS)}];
      require(${JSON.stringify(HOOK_CJS)});
      process.exitCode = Module._nodeModulePaths === before ? 0 : 1;`,
    );
    assert.equal((await runProgram({ args: ['--import', HOOK, again] })).code, 0);
    assert.equal((await runProgram({ args: [again] })).code, 1, 'the first time it is patched');
  });

  test('with two copies of the package', async () => {
    const copy = path.join(ROOT, '.cache', `copy-${process.pid}`);
    for (const part of ['hook.cjs', 'package.json', 'dist']) await cp(path.join(ROOT, part), path.join(copy, part), { recursive: true });
    const args = ['--require', path.join(copy, 'hook.cjs'), '--import', HOOK, app('both-paths.mjs')];
    await expectSpans({ args }, 2).finally(() => rm(copy, { recursive: true, force: true }));
  });

  test('when others replace Module._load and Module._nodeModulePaths before and after the hook', async () => {
    const others = path.join(temporary, 'others.cjs');
    await writeFile(
      others,
      `const Module = require('node:module');
      for (const name of ['_load', '_nodeModulePaths']) {
        const original = Module[name];
        Module[name] = function (...args) { return original.apply(this, args); };
      }`,
    );
    const copy = path.join(temporary, 'others-again.cjs');
    await cp(others, copy);
    await expectSpans({ args: ['--require', others, '--require', HOOK_CJS, '--require', copy, app('both-paths.mjs')] }, 2);
  });
});

describe('no patch', { concurrency: 2 }, () => {
  for (const value of ['off', '0', 'false']) {
    test(`with BRAINTRUST_BEDROCK=${value}`, async () => {
      const { code, stdout, stderr, calls, spans } = await runProgram({
        args: ['--import', HOOK, '--require', HOOK_CJS, app('import-named.mjs')],
        env: { BRAINTRUST_BEDROCK: value },
      });
      assert.deepEqual({ code, stdout, stderr, calls, spans }, { code: 0, stdout: 'answered\n', stderr: '', calls: 1, spans: 0 });
    });
  }

  test('and one line on stderr where the package is broken, in an application that runs on', async () => {
    for (const entry of ['hook.mjs', 'hook.cjs']) await cp(path.join(ROOT, entry), path.join(temporary, 'broken', entry));
    for (const flags of [
      ['--import', path.join(temporary, 'broken', 'hook.mjs')],
      ['--require', path.join(temporary, 'broken', 'hook.cjs')],
    ]) {
      const { code, stdout, stderr, spans } = await runProgram({ args: [...flags, app('require.cjs')] });
      assert.deepEqual({ code, stdout, spans }, { code: 0, stdout: 'answered\n', spans: 0 });
      assert.match(stderr, /^braintrust-bedrock: Bedrock calls are not traced: .*line\.js.*\n$/);
    }
  });
});
