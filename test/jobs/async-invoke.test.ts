import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Bedrock, startBedrock } from '../../demo/bedrock';
import { type Ingest, mergeRows, type Row, startIngest } from '../../demo/ingest';
import { environment, runProgram } from '../helpers/program';

const PROGRAM = join(__dirname, '../programs/async-invoke.mjs');

let bedrock: Bedrock;
let ingest: Ingest;

/** One process of the application; what it says. */
async function run(args: string[], env: Record<string, string> = {}): Promise<string[]> {
  const { code, stdout, stderr } = await runProgram(
    ['--import', 'braintrust-bedrock/hook.mjs', PROGRAM, ...args],
    environment(bedrock, ingest, env),
  );
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  return stdout.trim().split('\n');
}

/** A process and the rows that it has left. */
async function rowsOf(args: string[], env?: Record<string, string>): Promise<{ said: string[]; rows: Row[] }> {
  const before = ingest.rows().length;
  const said = await run(args, env);
  return { said, rows: ingest.rows().slice(before) };
}

const named = (rows: Row[], name: string) => rows.filter((row) => row.span_attributes?.name === name);

function permutations<T>(items: T[]): T[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) => permutations(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]));
}

describe('an async invocation', () => {
  before(async () => {
    [bedrock, ingest] = await Promise.all([startBedrock({ pollsUntilDone: 1 }), startIngest()]);
  });
  after(() => Promise.all([bedrock.close(), ingest.close()]));

  for (const [outcome, prompt] of [
    ['success', 'a lighthouse'],
    ['failure', 'an impossible scene'],
  ] as const) {
    it(`is one row of three processes, in whatever order their rows arrive: ${outcome}`, async () => {
      const a = await rowsOf(['submit', prompt]);
      const [arn = ''] = a.said;
      const b = await rowsOf(['poll', arn, '2']);
      assert.deepEqual(b.said, ['InProgress', outcome === 'success' ? 'Completed' : 'Failed']);
      const c = await rowsOf(['poll', arn]);
      const parts = named([...a.rows, ...b.rows, ...c.rows], 'bedrock.asyncInvoke');
      assert.equal(parts.length, 3, 'A writes it once, B and C each complete it once');
      assert.ok(parts.every((row) => row._is_merge === true));
      assert.equal(new Set(parts.map(({ id }) => id)).size, 1);
      const [submit] = named(a.rows, 'bedrock.startAsyncInvoke');
      const [first] = parts;
      assert.equal(typeof first?.metrics?.start, 'number');
      assert.equal(first?.metrics?.end, undefined, 'it is open until its end is seen');

      const merged = permutations(parts).map((order) => mergeRows(order));
      for (const rows of merged) {
        const [row] = rows;
        assert.equal(rows.length, 1);
        assert.deepEqual(row?.span_parents, [submit?.span_id]);
        assert.equal(row?.root_span_id, submit?.root_span_id);
        assert.equal(row?.span_attributes?.type, 'llm');
        assert.equal(row?.metadata?.jobStatus, outcome === 'success' ? 'Completed' : 'Failed');
        assert.equal(row?.metadata?.outputS3Uri, 's3://films/out');
        assert.equal(row?.metadata?.model, 'amazon.nova-reel-v1:0');
        assert.deepEqual(row?.metadata?.tags, [{ key: 'team', value: 'film' }]);
        assert.match(JSON.stringify(row?.input), new RegExp(prompt));
        assert.equal(row?.metrics?.end, Date.parse(String(row?.metadata?.endTime)) / 1000);
        assert.ok(Math.abs((row?.metrics?.start ?? 0) - Date.parse(String(row?.metadata?.submitTime)) / 1000) < 5);
        assert.deepEqual(
          row?.error,
          outcome === 'success' ? undefined : { name: 'AsyncInvokeFailed', message: 'The scene could not be generated.' },
        );
      }
      // Which clock the beginning is by is all that the order decides: A's own, or that of AWS.
      const timeless = merged.map(([row]) => ({ ...row, created: 0, metrics: { ...row?.metrics, start: 0 } }));
      for (const row of timeless) assert.deepEqual(row, timeless[0]);
    });
  }

  it('that nobody has submitted under the hook is whole all the same, and a list completes many', async () => {
    const off = { BRAINTRUST_BEDROCK: 'off' };
    const arns = [...(await run(['submit', 'a train'], off)), ...(await run(['submit', 'a ferry'], off))];
    for (const arn of arns) await run(['poll', arn, '2'], off);
    const { rows } = await rowsOf(['list']);
    const jobs = mergeRows(named(rows, 'bedrock.asyncInvoke')).filter(({ metadata }) => arns.includes(String(metadata?.invocationArn)));
    assert.equal(jobs.length, 2);
    for (const { metadata, metrics, span_attributes, span_id } of jobs) {
      assert.equal(metadata?.jobStatus, 'Completed');
      assert.equal(metrics?.start, Date.parse(String(metadata?.submitTime)) / 1000);
      assert.equal(metrics?.end, Date.parse(String(metadata?.endTime)) / 1000);
      assert.deepEqual(span_attributes, { name: 'bedrock.asyncInvoke', type: 'llm' });
      assert.match(String(span_id), /^[0-9a-f]{16}$/);
    }
  });

  it('that is submitted again under the same token is one job, which stays where it was', async () => {
    const { said, rows } = await rowsOf(['submit', 'a tram', '2'], { TOKEN: 'the-same' });
    assert.equal(said[0], said[1]);
    assert.equal(named(rows, 'bedrock.startAsyncInvoke').length, 2);
    const [job, ...others] = mergeRows(named(rows, 'bedrock.asyncInvoke'));
    assert.equal(others.length, 0);
    assert.deepEqual(job?.span_parents, [named(rows, 'bedrock.startAsyncInvoke')[0]?.span_id]);
    assert.equal(job?.metadata?.clientRequestToken, 'the-same');
  });

  it('whose submission fails leaves one failed span and no job', async () => {
    const broken = await startBedrock({
      respond: () => ({ status: 400, json: { message: 'no' }, headers: { 'x-amzn-errortype': 'ValidationException' } }),
    });
    const before = ingest.rows().length;
    const { code } = await runProgram(['--import', 'braintrust-bedrock/hook.mjs', PROGRAM, 'submit', 'x'], environment(broken, ingest));
    await broken.close();
    assert.equal(code, 1);
    const rows = ingest.rows().slice(before);
    assert.deepEqual(
      rows.map(({ span_attributes }) => span_attributes?.name),
      ['bedrock.startAsyncInvoke'],
    );
    assert.match(JSON.stringify(rows[0]?.error), /ValidationException/);
  });

  it('has what was sent, whatever the application makes of its objects before the answer comes', async () => {
    const slow = await startBedrock({ respond: () => new Promise((resolve) => setTimeout(resolve, 500, undefined)) });
    const before = ingest.rows().length;
    const { code, stderr } = await runProgram(
      ['--import', 'braintrust-bedrock/hook.mjs', PROGRAM, 'mutate', 'a barge'],
      environment(slow, ingest),
    );
    await slow.close();
    assert.equal(code, 0, stderr);
    const [job] = named(ingest.rows().slice(before), 'bedrock.asyncInvoke');
    assert.match(JSON.stringify(job?.input), /a barge/);
    assert.doesNotMatch(JSON.stringify(job?.input), /another film/);
  });

  it('is completed by polls that leave no span of their own', async () => {
    const [arn = ''] = await run(['submit', 'a kite']);
    const { rows } = await rowsOf(['poll', arn, '2'], { BRAINTRUST_BEDROCK_IGNORE: 'getAsyncInvoke,listAsyncInvokes' });
    assert.deepEqual(
      rows.map(({ span_attributes }) => span_attributes?.name),
      ['bedrock.asyncInvoke'],
    );
    assert.equal(rows[0]?.metadata?.jobStatus, 'Completed');
  });

  it('has no text in its row where content is switched off', async () => {
    const { said, rows } = await rowsOf(['submit', 'walrus in an impossible scene'], { BRAINTRUST_BEDROCK_CONTENT: 'none' });
    const { rows: more } = await rowsOf(['poll', said[0] ?? '', '2'], { BRAINTRUST_BEDROCK_CONTENT: 'none' });
    assert.ok(named([...rows, ...more], 'bedrock.asyncInvoke').length === 2);
    assert.doesNotMatch(JSON.stringify([...rows, ...more]), /walrus|could not be generated|team/);
  });
});
