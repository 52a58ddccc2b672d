import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { startBedrock } from '../../demo/bedrock';
import { startIngest } from '../../demo/ingest';
import { environment, runProgram } from '../helpers/program';

it("an application's promises stay as quick as they were: a call and the log-in of its logger use no AsyncLocalStorage", async () => {
  const [bedrock, ingest] = await Promise.all([startBedrock(), startIngest()]);
  const program = join(__dirname, '../programs/contexts.mjs');
  const { code, stdout, stderr } = await runProgram(['--import', 'braintrust-bedrock/hook.mjs', program], environment(bedrock, ingest));
  await Promise.all([bedrock.close(), ingest.close()]);
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(ingest.spans().length, 1);
  assert.equal(stdout, '[]\n');
});
