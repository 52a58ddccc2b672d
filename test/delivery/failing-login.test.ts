import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startBedrock } from '../../demo/bedrock';
import { startIngest } from '../../demo/ingest';
import { environment } from '../helpers/program';

const PROGRAM = join(__dirname, '../programs/failing-login.mjs');

/** All that a program says until it has told that its spans are kept. */
async function told(how: string, more: Record<string, string | undefined> = {}): Promise<string> {
  const [bedrock, ingest] = await Promise.all([startBedrock(), startIngest()]);
  const env = environment(bedrock, ingest, { BRAINTRUST_BEDROCK_EXIT_TIMEOUT_MS: '1', ...more });
  const program = spawn(process.execPath, ['--import', 'braintrust-bedrock/hook.mjs', PROGRAM, how], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  for await (const piece of program.stderr.setEncoding('utf8')) {
    said += piece;
    if (said.includes('spans are kept')) program.kill('SIGKILL');
  }
  await Promise.all([bedrock.close(), ingest.close()]);
  return said.replaceAll(new URL(ingest.env.BRAINTRUST_APP_URL ?? '').origin, 'ORIGIN');
}

const line = (why: string) =>
  `braintrust-bedrock: Braintrust at ORIGIN cannot be reached (${why}): spans are kept, and sent when it can.\n`;

describe('a logger of braintrust that cannot log in', () => {
  it('is told of in our words, whatever the fetch of the application throws', async () => {
    const [error, text, code] = await Promise.all([told('error'), told('text'), told('code')]);
    assert.equal(error, line('the log-in failed'));
    assert.equal(text, line('the log-in failed'));
    assert.equal(code, line('ECONNREFUSED'));
  });

  it('is told what it lacks, where that is a key', async () => {
    assert.equal(await told('', { BRAINTRUST_API_KEY: undefined }), line('there is no API key: BRAINTRUST_API_KEY is not set'));
  });
});
