import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Bedrock, startBedrock } from '../demo/bedrock';
import { type Ingest, startIngest } from '../demo/ingest';
import { isObject, number, object, parseJson } from '../src/read';
import type { JsonObject } from '../src/types';
import { environment, runProgram } from './helpers/program';

/*
 * A guard against what makes calls dearer, in figures that a clock has no part in. `npm run bench` has the times.
 */
const ROOT = join(__dirname, '..');
const PROGRAM = join(ROOT, 'test/programs/cost.mjs');
/** The program makes 250 calls, reads 4 streams, and sends three kinds of content 8 times. */
const SENDINGS = 8;
const CALLS = 254 + 3 * SENDINGS;
const ROOM = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128'];

interface Figures {
  perCall: number;
  perEvent: number;
  files: string[];
  /** What `send` itself takes, by the size of what is sent. */
  sent: JsonObject;
}

/** Give or take what Node's own pool of buffers has. */
const assertAbout = (bytes: number, expected: number) => assert.ok(Math.abs(bytes - expected) <= 64 * 1024, `${bytes} bytes`);

describe('what a call costs', () => {
  let bedrock: Bedrock;
  let ingest: Ingest;
  let without: Figures;
  let withUs: Figures;

  const figures = async (flags: string[], settings: Record<string, string> = {}): Promise<Figures> => {
    const { code, stdout, stderr } = await runProgram([...ROOM, ...flags, PROGRAM], environment(bedrock, ingest, settings));
    assert.equal(code, 0, stderr);
    const parsed = parseJson(stdout);
    assert.ok(isObject(parsed) && Array.isArray(parsed.files));
    return {
      perCall: Number(parsed.perCall),
      perEvent: Number(parsed.perEvent),
      files: parsed.files.map(String),
      sent: object(parsed.sent) ?? {},
    };
  };
  /** Bytes that `send` takes over what it takes without us. */
  const taken = ({ sent }: Figures, name: string, kind: 'heap' | 'buffers') =>
    (number(object(sent[name])?.[kind]) ?? Number.NaN) - (number(object(without.sent[name])?.[kind]) ?? Number.NaN);

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
    assert.ok(rows <= 16, `${rows} deliveries of ${CALLS} rows`);
    const files = ingest.requests.filter(({ path }) => /^\/(attachment|upload)/.test(path)).length;
    assert.equal(files, 3 * SENDINGS, 'of one image each');
    assert.ok(ingest.requests.length - rows - files <= 4, ingest.requests.map(({ path }) => path).join());
  });

  it('is one file of ours beside our package.json, and none of braintrust', () => {
    const ours = withUs.files.map((file) => file.slice(ROOT.length + 1)).sort();
    assert.deepEqual(ours, ['dist/line.js', 'package.json']);
    // What it is to read and compile: `braintrust`, built into it, would be 2 MB more.
    assert.ok(statSync(join(ROOT, 'dist/line.js')).size < 300_000);
  });

  it('is less memory than a quarter of what the SDK itself allocates for a small call', () => {
    const added = withUs.perCall - without.perCall;
    assert.ok(added < without.perCall / 4, `${Math.round(added)} bytes over ${Math.round(without.perCall)}`);
  });

  it('is the structure of a conversation before `send` returns, and nothing of its texts', () => {
    const added = taken(withUs, 'conversation', 'heap');
    assert.ok(added < 120_000, `${added} bytes of a conversation of 200 KB`);
    assertAbout(taken(withUs, 'conversation', 'buffers'), 0);
  });

  it('is one copy of an image, and no more than may be attached to one span', () => {
    assertAbout(taken(withUs, 'image', 'buffers'), 1_000_000);
    assertAbout(taken(withUs, 'tooMany', 'buffers'), 20_000_000);
  });

  it('is no copy of an image with attachments off', async () => {
    const off = await figures(['--import', join(ROOT, 'hook.mjs')], { BRAINTRUST_BEDROCK_ATTACHMENTS: 'off' });
    assertAbout(taken(off, 'image', 'buffers'), 0);
  });

  it('is some hundred bytes for an event of a stream', () => {
    const added = withUs.perEvent - without.perEvent;
    assert.ok(added < 800, `${Math.round(added)} bytes over ${Math.round(without.perEvent)}`);
  });
});
