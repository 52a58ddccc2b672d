import assert from 'node:assert/strict';
import { execFileSync, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOOK, HOOK_CJS, ROOT } from './apps/run';

const NOTHING = path.join(ROOT, 'test', 'apps', 'nothing.mjs');
const NOTHING_CJS = path.join(ROOT, 'test', 'apps', 'nothing.cjs');
const LOADED = path.join(ROOT, 'test', 'apps', 'loaded.cjs');
const SDK = '@aws-sdk/client-bedrock-runtime';
const HAS_STRACE = spawnSync('strace', ['-V']).status === 0;

/** Before, it takes a `require` to reach them. */
const WITH_PARTS = { skip: !('getBuiltinModule' in process) && 'this Node has no `process.getBuiltinModule`' };

interface Loaded {
  files: string[];
  builtins: string[];
}

const environment = (load: string): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  LOAD: load,
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
});

function loaded(flags: string[], load = '', settings: Record<string, string> = {}): Loaded {
  const env = { ...environment(load), ...settings };
  return JSON.parse(execFileSync(process.execPath, [...flags, LOADED], { env, encoding: 'utf8' }));
}

/** Every file that the process has opened, by the word of the kernel. */
function opened(flags: string[]): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'strace-'));
  try {
    const trace = path.join(folder, 'trace');
    const env = { PATH: process.env.PATH };
    execFileSync('strace', ['-f', '-e', 'trace=open,openat', '-o', trace, process.execPath, ...flags, NOTHING_CJS], { env });
    const lines = readFileSync(trace, 'utf8').split('\n');
    const files = lines.flatMap((line) => /"(\/[^"]+)".* = \d+$/.exec(line)?.[1] ?? []);
    // glibc's malloc, whenever two threads happen to meet in it; V8, which looks for room and for its own code
    return files.filter((file) => !['/sys/devices/system/cpu/online', '/proc/self/maps', process.execPath].includes(file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('a process that never loads the SDK', () => {
  test('loads nothing but the entry, and no part of Node that it would not load anyway, but `node:module`', WITH_PARTS, () => {
    assert.deepEqual(loaded(['--import', HOOK]).files, [LOADED]);
    assert.deepEqual(loaded(['--require', HOOK_CJS]).files, [HOOK_CJS, LOADED]);
    const builtins = [NOTHING, 'data:text/javascript,import "node:module"'].flatMap((entry) => loaded(['--import', entry]).builtins);
    assert.deepEqual(
      loaded(['--import', HOOK]).builtins.filter((name) => !builtins.includes(name)),
      [],
    );
    assert.deepEqual(loaded(['--require', HOOK_CJS]).builtins, loaded(['--require', NOTHING_CJS]).builtins);
  });

  test('has no `require` made for it, which costs more than all else that the entry does', WITH_PARTS, () => {
    const made = (load: string): string => {
      const flags = ['--require', path.join(ROOT, 'test', 'apps', 'makes-require.cjs'), '--import', HOOK, LOADED];
      const [, count = ''] = execFileSync(process.execPath, flags, { env: environment(load), encoding: 'utf8' })
        .trim()
        .split('\n')
        .reverse();
      return count;
    };
    assert.equal(made(''), '0');
    assert.notEqual(made(SDK), '0', 'the question would tell nothing');
  });

  test('opens the entry and no more', { skip: !HAS_STRACE && 'strace is not installed' }, () => {
    const isOurs = (file: string): boolean => file.startsWith(ROOT + path.sep);
    for (const [flag, entry, nothing] of [
      ['--import', HOOK, NOTHING],
      ['--require', HOOK_CJS, NOTHING_CJS],
    ] as const) {
      const files = opened([flag, entry]);
      // package.json is what some Nodes read of any package, to learn what its files are.
      const ours = files.filter((file) => isOurs(file) && file !== path.join(ROOT, 'package.json'));
      assert.deepEqual(ours, [entry, NOTHING_CJS]);
      assert.deepEqual(
        files.filter((file) => !isOurs(file)),
        opened([flag, nothing]).filter((file) => !isOurs(file)),
      );
    }
  });
});

describe('a process that loads the SDK and calls nothing', () => {
  test('has not loaded braintrust', () => {
    const { files } = loaded(['--import', HOOK], SDK);
    assert.ok(files.includes(path.join(ROOT, 'dist', 'line.js')));
    assert.deepEqual(
      files.filter((file) => /node_modules.(braintrust|import-in-the-middle|require-in-the-middle)./.test(file)),
      [],
    );
  });

  test('has loaded the line and no more for the SDK of Anthropic, too', () => {
    const ours = (load: string): string[] =>
      loaded(['--import', HOOK], load).files.filter((file) => file.startsWith(path.join(ROOT, 'dist')));
    assert.deepEqual(ours('@anthropic-ai/sdk'), [path.join(ROOT, 'dist', 'line.js')]);
    assert.deepEqual(
      loaded(['--import', HOOK], '@anthropic-ai/sdk').files.filter((file) => /node_modules.braintrust./.test(file)),
      [],
    );
  });

  test('has loaded nothing of ours but the entry when it is switched off', () => {
    const { files } = loaded(['--import', HOOK], SDK, { BRAINTRUST_BEDROCK: 'off' });
    assert.deepEqual(
      files.filter((file) => file.startsWith(path.join(ROOT, 'dist'))),
      [],
    );
  });
});

describe('the first call of a process', () => {
  const FIRST = path.join(ROOT, 'test', 'apps', 'first-call.cjs');
  const during = (flags: string[]): Loaded => {
    const env = { PATH: process.env.PATH, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', BRAINTRUST_API_KEY: 'key' };
    return JSON.parse(execFileSync(process.execPath, [...flags, FIRST], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  };

  test('waits for no file of ours, and for no part of Node: they were loaded when the SDK was', () => {
    // From then on there is something to lose when the process is sent a signal.
    const signals = 'Internal Binding signal_wrap';
    const without = during([]);
    for (const flags of [
      ['--import', HOOK],
      ['--require', HOOK_CJS],
    ]) {
      const { files, builtins } = during(flags);
      assert.deepEqual(
        { files, builtins: builtins.filter((name) => ![signals, ...without.builtins].includes(name)) },
        { files: without.files, builtins: [] },
      );
    }
  });

  test('is prepared in a server that is idle, before anybody asks it for anything', async () => {
    const isPrepared = async (flags: string[]): Promise<unknown> => {
      const env = { PATH: process.env.PATH, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
      const server = fork(path.join(ROOT, 'test', 'apps', 'idle.cjs'), { execArgv: flags, env });
      await once(server, 'message');
      await sleep(1500); // it takes a tenth of that to load the SDK
      server.send('question');
      const [answer] = await once(server, 'message');
      server.disconnect();
      return answer;
    };
    assert.equal(await isPrepared(['--require', HOOK_CJS]), true);
    assert.equal(await isPrepared(['--require', NOTHING_CJS]), false, 'the question would tell nothing');
  });
});
