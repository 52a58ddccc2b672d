import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startBedrock } from '../../demo/bedrock';
import { startIngest } from '../../demo/ingest';
import { environment, runProgram } from '../helpers/program';

/** What a program of one call, which leaves one span, says. */
async function said(name: string): Promise<string> {
  const [bedrock, ingest] = await Promise.all([startBedrock(), startIngest()]);
  const program = join(__dirname, '../programs', name);
  const { code, stdout, stderr } = await runProgram(['--import', 'braintrust-bedrock/hook.mjs', program], environment(bedrock, ingest));
  await Promise.all([bedrock.close(), ingest.close()]);
  assert.equal(code, 0, stderr);
  assert.equal(ingest.spans().length, 1);
  return stdout;
}

describe('an application that gives braintrust a fetch of its own', () => {
  it('has its rows go that way', async () => {
    assert.match(await said('own-fetch.mjs'), /"\/logs3"/);
  });
});

describe('a logger of braintrust', () => {
  it('logs in by a `fetch` that Node has loaded in a turn before: none of the application waits for both', async () => {
    const turns = await said('login-turn.mjs');
    const { loaded, login } = JSON.parse(turns);
    assert.ok(loaded < login, turns);
  });
});
