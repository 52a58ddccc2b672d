import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startBedrock } from '../../demo/bedrock';
import { startIngest } from '../../demo/ingest';
import { environment, runProgram } from '../helpers/program';

describe('an application that gives braintrust a fetch of its own', () => {
  it('has its rows go that way', async () => {
    const [bedrock, ingest] = await Promise.all([startBedrock(), startIngest()]);
    const program = join(__dirname, '../programs/own-fetch.mjs');
    const { code, stdout, stderr } = await runProgram(['--import', 'braintrust-bedrock/hook.mjs', program], environment(bedrock, ingest));
    await Promise.all([bedrock.close(), ingest.close()]);
    assert.equal(code, 0, stderr);
    assert.equal(ingest.spans().length, 1);
    assert.match(stdout, /"\/logs3"/);
  });
});

describe('a logger of braintrust', () => {
  it('logs in by a `fetch` that Node has loaded in a turn before: none of the application waits for both', async () => {
    const [bedrock, ingest] = await Promise.all([startBedrock(), startIngest()]);
    const program = join(__dirname, '../programs/login-turn.mjs');
    const { code, stdout, stderr } = await runProgram(['--import', 'braintrust-bedrock/hook.mjs', program], environment(bedrock, ingest));
    await Promise.all([bedrock.close(), ingest.close()]);
    assert.equal(code, 0, stderr);
    const { loaded, login } = JSON.parse(stdout);
    assert.ok(loaded < login, stdout);
    assert.equal(ingest.spans().length, 1);
  });
});
