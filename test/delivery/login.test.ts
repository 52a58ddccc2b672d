import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startBedrock } from '../../demo/bedrock';
import { startIngest } from '../../demo/ingest';
import { environment } from '../helpers/program';

const PROGRAM = join(__dirname, '../programs/login.mjs');
type Environment = Record<string, string | undefined>;

/** Runs the program until it has said that its spans are kept, or to its end. */
async function run(how: object, more: Environment = {}) {
  const [bedrock, ingest] = await Promise.all([startBedrock(), startIngest()]);
  const args = ['--import', 'braintrust-bedrock/hook.mjs', PROGRAM, JSON.stringify(how)];
  const program = spawn(process.execPath, args, { env: environment(bedrock, ingest, more), stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  for await (const piece of program.stderr.setEncoding('utf8')) {
    said += piece;
    if (said.includes('spans are kept')) program.kill('SIGKILL');
  }
  await Promise.all([bedrock.close(), ingest.close()]);
  const keys = new Set(ingest.requests.map(({ headers }) => headers.authorization));
  return { said: said.replaceAll(ingest.url, 'ORIGIN'), spans: ingest.spans().length, keys: [...keys] };
}

/** All that a program says that goes on until it has told of it. */
const told = async (how: object, more?: Environment) => (await run({ ...how, stays: true }, more)).said;

const line = (why: string) => `braintrust-bedrock: ${why}: spans are kept, and sent when it can.\n`;
const unreachable = (why: string) => line(`Braintrust at ORIGIN cannot be reached (${why})`);
const NO_KEY = 'there is no API key for Braintrust (BRAINTRUST_API_KEY)';

describe('a logger of braintrust that cannot log in', () => {
  it('is told of in our words, whatever the fetch of the application throws', async () => {
    const kinds = ['error', 'text', 'nothing', 'key', 'status', 'getter', 'proxy'];
    const all = await Promise.all(kinds.map((throws) => told({ throws })));
    for (const [index, said] of all.entries()) assert.equal(said, unreachable('the log-in failed'), kinds[index]);
  });

  it('is told of by the code of a system error', async () => {
    assert.deepEqual(await Promise.all([told({ throws: 'cause' }), told({ throws: 'code' })]), [
      unreachable('ECONNREFUSED'),
      unreachable('ECONNRESET'),
    ]);
  });

  it('is told what it lacks', async () => {
    assert.equal(await told({}, { BRAINTRUST_API_KEY: undefined }), line(NO_KEY));
    assert.equal(await told({ orgName: 'another' }), line('Braintrust knows no such organization for the key'));
  });

  it('has its process wait for nobody at the end where it has no key', async () => {
    const lost = (why: string) => `braintrust-bedrock: 1 span was lost: ${why}.\n`;
    assert.equal((await run({}, { BRAINTRUST_API_KEY: undefined })).said, lost(NO_KEY));
    assert.equal(
      (await run({ exit: true }, { BRAINTRUST_API_KEY: undefined })).said,
      lost('the logger of the application had not logged in'),
    );
  });
});

describe('an application that takes the key out of its environment', () => {
  it('has its rows sent by the one that was there', async () => {
    const { said, spans } = await run({ forgets: true });
    assert.deepEqual({ said, spans }, { said: '', spans: 1 });
  });
});

describe('a logger of braintrust with a key of its own', () => {
  it('has its rows go there, though the process ends before it has logged in', async () => {
    for (const BRAINTRUST_API_KEY of ['sk-of-the-environment', undefined]) {
      const { said, spans, keys } = await run({ apiKey: 'sk-of-the-logger', exit: true }, { BRAINTRUST_API_KEY });
      assert.deepEqual({ said, spans, keys }, { said: '', spans: 1, keys: ['Bearer sk-of-the-logger'] });
    }
  });

  it('has them go to no other organization', async () => {
    const { said, spans } = await run({ orgName: 'another', exit: true });
    assert.equal(spans, 0);
    assert.match(said, /^braintrust-bedrock: 1 span was lost: Braintrust at ORIGIN refuses the key .*\n$/);
  });
});

describe('an application that flushes while a test has taken its clock', () => {
  it('has its spans sent when the clock goes again', async () => {
    const { said, spans } = await run({ clock: true });
    assert.deepEqual({ said, spans }, { said: '', spans: 2 });
  });
});
