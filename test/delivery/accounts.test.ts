import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startBedrock } from '../../demo/bedrock';
import { type Ingest, startIngest } from '../../demo/ingest';
import { environment, runProgram } from '../helpers/program';

const PROGRAM = join(__dirname, '../programs/accounts.mjs');

/** With which key what was delivered, at either server: the project and the text of each row, and whoever was told a key. */
async function delivered(which: string, key?: string | null) {
  const [bedrock, ingest, other] = await Promise.all([startBedrock(), startIngest(), startIngest()]);
  const env = environment(bedrock, ingest, { BRAINTRUST_API_KEY: key === null ? undefined : 'sk-env', BRAINTRUST_API_URL: undefined });
  const { code, stderr } = await runProgram(['--import', 'braintrust-bedrock/hook.mjs', PROGRAM, which, other.url], env);
  await Promise.all([bedrock.close(), ingest.close(), other.close()]);
  assert.equal(code, 0, stderr);
  return { rows: [...rowsOf(ingest), ...rowsOf(other)], keys: keysOf(ingest), others: keysOf(other), stderr };
}

const rowsOf = (ingest: Ingest) =>
  ingest
    .spans()
    .filter(({ span_attributes }) => span_attributes?.type === 'llm')
    .map(({ project_id }) => project_id);
const keysOf = (ingest: Ingest) => [...new Set(ingest.requests.map(({ headers }) => headers.authorization?.replace('Bearer ', '')))];

describe('a process that ends before it has logged in', () => {
  const cases = {
    own: { rows: ['project-own'], keys: ['sk-own'], others: [] },
    'another one later': { rows: ['project-first'], keys: ['sk-env'], others: [] },
    'an experiment later': { rows: ['project-first'], keys: ['sk-env'], others: [] },
    'one after the other': { rows: ['project-first', 'project-own'], keys: ['sk-env', 'sk-own'], others: [] },
    'another server': { rows: ['project-own'], keys: [], others: ['sk-own'] },
    'another server, replaced': { rows: ['project-first'], keys: ['sk-env'], others: [] },
    'a state of its own': { rows: ['project-own'], keys: ['sk-own'], others: [] },
    'a key in its state': { rows: ['project-own'], keys: [], others: ['sk-own'] },
    'a span of one that is replaced': { rows: ['project-own'], keys: ['sk-own'], others: [] },
    'a key with white space': { rows: ['project-own'], keys: ['sk-own'], others: [] },
    'an empty key': { rows: ['project-first'], keys: ['sk-env'], others: [] },
    forced: { rows: ['project-own'], keys: ['sk-other', 'sk-own'], others: [] },
    'logged in': { rows: ['project-first'], keys: ['sk-own'], others: [] },
  };
  for (const [which, expected] of Object.entries(cases)) {
    it(`has its rows go to the account of their logger: ${which}`, async () => {
      const { rows, keys, others, stderr } = await delivered(which);
      assert.deepEqual({ rows: rows.sort(), keys: keys.sort(), others, stderr }, { ...expected, stderr: '' });
    });
  }

  it('needs no key in the environment', async () => {
    const { rows, keys } = await delivered('own', null);
    assert.deepEqual({ rows, keys }, { rows: ['project-own'], keys: ['sk-own'] });
  });

  it('tells no server the key of another', async () => {
    const { keys } = await delivered('not the current one');
    assert.ok(!keys.includes('sk-own'), keys.join());
  });
});
