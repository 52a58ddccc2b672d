import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Bedrock } from '../../demo/bedrock';
import { type Ingest, startIngest } from '../../demo/ingest';
import { PROGRAM, ROOT, runNode, slowBedrock } from '../faults/scene';
import { environment } from '../helpers/program';

let bedrock: Bedrock;
let ingest: Ingest;
before(async () => {
  [bedrock, ingest] = await Promise.all([slowBedrock(), startIngest()]);
});
after(() => Promise.all([bedrock.close(), ingest.close()]));

const run = (args: string[], more: Record<string, string>) => {
  const NODE_OPTIONS = `--import ${join(ROOT, 'hook.mjs')}`;
  return runNode(
    process.execPath,
    args,
    environment(bedrock, ingest, { BRAINTRUST_BEDROCK_EXIT_TIMEOUT_MS: '15000', NODE_OPTIONS, ...more }),
  );
};

describe('what waits for Braintrust', () => {
  it('is bounded: the oldest rows are kept, and the others counted', async () => {
    const { stderr } = await run([PROGRAM, 'exit'], { CALLS: '40', BRAINTRUST_BEDROCK_MAX_QUEUE_BYTES: '10000' });
    const kept = ingest.spans();
    const told = [...stderr.matchAll(/braintrust-bedrock: (\d+) spans? (?:was|were) lost: too many wait for Braintrust/g)];
    const lost = told.reduce((sum, [, count]) => sum + Number(count), 0);
    assert.equal(kept.length + lost, 40);
    assert.ok(kept.length > 0 && lost > 0 && told.length <= 2, stderr);
    const starts = kept.map(({ metrics }) => metrics?.start ?? 0);
    assert.deepEqual(
      starts,
      [...starts].sort((one, other) => one - other),
    );
  });

  it('lets whoever awaits flush have an answer, when Braintrust gives none', async () => {
    await ingest.set({ login: 'hang', rows: 'hang' });
    const program = join(ROOT, 'test/programs/flush.mjs');
    const { code, stdout } = await run([program], { BRAINTRUST_BEDROCK_EXIT_TIMEOUT_MS: '100' });
    assert.deepEqual([code, stdout], [0, 'flushed: false\n']);
  });
});
