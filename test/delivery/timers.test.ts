import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { startBedrock } from '../../demo/bedrock';
import { startIngest } from '../../demo/ingest';
import { environment, runProgram } from '../helpers/program';

it('an application that has put timers of its own in the place of the global ones has its spans, and does not see ours', async () => {
  const [bedrock, ingest] = await Promise.all([startBedrock(), startIngest()]);
  const program = join(__dirname, '../programs/own-timers.mjs');
  const { code, stdout, stderr } = await runProgram(['--import', 'braintrust-bedrock/hook.mjs', program], environment(bedrock, ingest));
  await Promise.all([bedrock.close(), ingest.close()]);
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(stdout, '[]\n');
  assert.equal(ingest.spans().length, 2);
});
