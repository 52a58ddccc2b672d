import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Bedrock, startBedrock } from '../demo/bedrock';
import { type Ingest, startIngest } from '../demo/ingest';
import { isObject, parseJson } from '../src/read';
import { environment, runProgram } from './helpers/program';

/*
 * A guard against what makes calls dearer, in figures that a clock has no part in. `npm run bench` has the times.
 */
const ROOT = join(__dirname, '..');
const PROGRAM = join(ROOT, 'test/programs/cost.mjs');
/** The program makes 250 calls and reads 4 streams. */
const CALLS = 254;
const ROOM = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128'];

interface Figures {
  perCall: number;
  perEvent: number;
  files: string[];
}

describe('what a call costs', () => {
  let bedrock: Bedrock;
  let ingest: Ingest;
  let without: Figures;
  let withUs: Figures;

  const figures = async (flags: string[]): Promise<Figures> => {
    const { code, stdout, stderr } = await runProgram([...ROOM, ...flags, PROGRAM], environment(bedrock, ingest));
    assert.equal(code, 0, stderr);
    const parsed = parseJson(stdout);
    assert.ok(isObject(parsed) && Array.isArray(parsed.files));
    return { perCall: Number(parsed.perCall), perEvent: Number(parsed.perEvent), files: parsed.files.map(String) };
  };

  before(async () => {
    [bedrock, ingest] = await Promise.all([startBedrock(), startIngest()]);
    without = await figures([]);
    withUs = await figures(['--import', join(ROOT, 'hook.mjs')]);
  });
  after(() => Promise.all([bedrock.close(), ingest.close()]));

  it('is one row a call', () => {
    assert.equal(ingest.rows().length, CALLS);
    assert.equal(ingest.spans().length, CALLS);
  });

  it('is few requests to Braintrust: a log-in, the project, and deliveries of many rows', () => {
    const rows = ingest.requests.filter(({ path }) => path === '/logs3').length;
    assert.ok(rows <= 8, `${rows} deliveries of ${CALLS} rows`);
    assert.ok(ingest.requests.length - rows <= 4, ingest.requests.map(({ path }) => path).join());
  });

  it('is one file of ours beside our package.json, and none of braintrust', () => {
    const ours = withUs.files.map((file) => file.slice(ROOT.length + 1)).sort();
    assert.deepEqual(ours, ['dist/line.js', 'package.json']);
  });

  it('is less memory than a quarter of what the SDK itself allocates for a small call', () => {
    const added = withUs.perCall - without.perCall;
    assert.ok(added < without.perCall / 4, `${Math.round(added)} bytes over ${Math.round(without.perCall)}`);
  });

  it('is some hundred bytes for an event of a stream', () => {
    const added = withUs.perEvent - without.perEvent;
    assert.ok(added < 800, `${Math.round(added)} bytes over ${Math.round(without.perEvent)}`);
  });
});
