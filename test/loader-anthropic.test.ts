import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { HOOK, ROOT } from './apps/run';
import { ANTHROPIC_FORMS, complaintOf } from './matrix/anthropic';

describe('every way to load the SDK of Anthropic gives one row for a batch and one for its request', { concurrency: 2 }, () => {
  for (const { name, program, options } of ANTHROPIC_FORMS) {
    test(name, async () => {
      assert.equal(await complaintOf(process.execPath, path.join(ROOT, 'test', 'apps', program), options), undefined);
    });
  }

  for (const parts of ['missing', 'refused', 'others']) {
    test(`where the parts of Node are ${parts}`, async () => {
      const apps = path.join(ROOT, 'test', 'apps');
      const options = `--require ${path.join(apps, 'no-parts-of-node.cjs')} --import ${HOOK}`;
      assert.equal(await complaintOf(process.execPath, path.join(apps, 'anthropic-import.mjs'), options, { PARTS: parts }), undefined);
    });
  }
});
