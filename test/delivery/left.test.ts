import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Bedrock } from '../../demo/bedrock';
import { type Ingest, startIngest } from '../../demo/ingest';
import { serve } from '../../demo/loopback';
import { PROGRAM, ROOT, runNode, slowBedrock } from '../faults/scene';
import { environment } from '../helpers/program';

let bedrock: Bedrock;
let ingest: Ingest;
before(async () => {
  [bedrock, ingest] = await Promise.all([slowBedrock(), startIngest()]);
});
after(() => Promise.all([bedrock.close(), ingest.close()]));

const run = (how: string, more: Record<string, string> = {}) => {
  const NODE_OPTIONS = `--import ${join(ROOT, 'hook.mjs')}`;
  const env = environment(bedrock, ingest, { BRAINTRUST_BEDROCK_EXIT_TIMEOUT_MS: '15000', NODE_OPTIONS, ...more });
  return runNode(process.execPath, [PROGRAM, how], env);
};

describe('what a process leaves', () => {
  it('by `process.exit` has its files uploaded, after their row', async () => {
    const { code, stderr } = await run('exit-with-file');
    assert.deepEqual([code, stderr], [0, '']);
    assert.deepEqual(
      [...ingest.attachments.values()].map((bytes) => bytes.toString()),
      ['a picture'],
    );
    const paths = ingest.requests.map(({ path }) => path);
    assert.ok(paths.indexOf('/logs3') < paths.indexOf('/attachment'));
  });

  it('in the spool is sent by the next process, once, though two start together, with its files', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'spool-'));
    const spool = { BRAINTRUST_BEDROCK_SPOOL_DIR: dir };
    await ingest.set({ down: true });
    const left = await Promise.all([run('exit', spool), run('exit-with-file', spool)]);
    for (const { stderr } of left)
      assert.match(stderr, /^braintrust-bedrock: \d spans? (is|are) in .*: the next process with this directory sends them\.\n$/);
    assert.equal(readdirSync(dir).length, 2);
    await ingest.set({});
    ingest.attachments.clear();
    const from = ingest.rows().length;
    const next = await Promise.all([run('natural', { ...spool, CALLS: '0' }), run('natural', { ...spool, CALLS: '0' })]);
    for (const { code, stderr } of next) assert.deepEqual([code, stderr], [0, '']);
    assert.equal(ingest.rows().length - from, 4);
    assert.equal(ingest.attachments.size, 1);
    assert.deepEqual(readdirSync(dir), []);
    rmSync(dir, { recursive: true });
  });

  it('where no other process may be started is told', async () => {
    const { code, stderr } = await run('exit', {
      NODE_OPTIONS: `--import ${join(ROOT, 'test/programs/no-children.cjs')} --import ${join(ROOT, 'hook.mjs')}`,
    });
    assert.equal(code, 7);
    assert.match(stderr, /^braintrust-bedrock: 3 spans were lost: .*\n$/);
  });

  it("in the spool and is refused, or nothing that can be read, is in nobody's way", async () => {
    const dir = mkdtempSync(join(tmpdir(), 'spool-'));
    const file = (name: string, rows: string[]) => {
      const parcel = {
        ids: { project_id: 'p' },
        login: {},
        rows: rows.map((input) => ({ id: input, json: JSON.stringify({ id: input, input }) })),
        files: [],
      };
      writeFileSync(join(dir, `${name}.braintrust-bedrock.json`), JSON.stringify({ version: 1, parcels: [parcel] }));
    };
    file('1', ['poison']);
    file('2', ['good 2', 'poison', 'good 3']);
    file('3', ['good 4']);
    writeFileSync(join(dir, '0.braintrust-bedrock.json'), '{"version":2}');
    const taken: string[] = [];
    const picky = await serve(
      0,
      async ({ body }) => {
        const text = body.toString('utf8');
        if (text.includes('poison')) return { status: 400, body: '{}' };
        taken.push(...(text.match(/good \d/g) ?? []));
        return { body: '{"ids":[]}' };
      },
      (message) => ({ status: 500, body: message }),
    );
    const { stderr } = await run('natural', { BRAINTRUST_BEDROCK_SPOOL_DIR: dir, BRAINTRUST_API_URL: picky.url });
    await picky.close();
    assert.deepEqual([...new Set(taken)].sort(), ['good 2', 'good 3', 'good 4']);
    assert.deepEqual(readdirSync(dir).sort(), ['0.braintrust-bedrock.json', '1.braintrust-bedrock.json']);
    assert.match(stderr, /0\.braintrust-bedrock\.json is nothing that this version can read: it stays where it is\./);
    assert.match(stderr, /1 span was lost: Braintrust at http:\S+ answered 400\./);
    rmSync(dir, { recursive: true });
  });
});
