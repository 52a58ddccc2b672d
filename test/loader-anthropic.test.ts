import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { ROOT } from './apps/run';
import { ANTHROPIC_FORMS, complaintOf } from './matrix/anthropic';

describe('every way to load the SDK of Anthropic gives one row for a batch and one for its request', { concurrency: 2 }, () => {
  for (const { name, program, options } of ANTHROPIC_FORMS) {
    test(name, async () => {
      assert.equal(await complaintOf(process.execPath, path.join(ROOT, 'test', 'apps', program), options), undefined);
    });
  }
});
