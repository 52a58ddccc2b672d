import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from './apps/run';

test('npm run bench measures each contender and gives a verdict on what was measured', () => {
  const program = path.join(ROOT, 'bench', 'run.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', program, '--quick', '--only', 'startup'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  for (const contender of [
    'no tracing',
    'no tracing, again',
    'an empty --import',
    'braintrust-bedrock, --require',
    'braintrust/hook.mjs',
  ]) {
    assert.match(stdout, new RegExp(`^${contender} .*\\d`, 'm'));
  }
  assert.match(stdout, /^(pass|FAIL) +1 +an empty program, --require: CPU/m);
  assert.doesNotMatch(stdout, /^(pass|FAIL) +[2-6]/m);
});
