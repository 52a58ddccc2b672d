import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Bedrock, startBedrock } from '../demo/bedrock';
import { startIngest } from '../demo/ingest';
import { type S3, startS3 } from '../demo/s3';
import { resultLine } from './helpers/batch';
import { environment, runProgram } from './helpers/program';

const ROOT = join(__dirname, '..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const PAGES = README + readFileSync(join(ROOT, 'docs/jobs.md'), 'utf8');

describe('the examples', () => {
  let bedrock: Bedrock;
  let s3: S3;
  before(async () => {
    const results = resultLine('r1', 'Line 28E.');
    [bedrock, s3] = await Promise.all([
      startBedrock(),
      startS3({ objects: { 's3://results/nightly/4x7k2m9q1a5z/questions.jsonl.out': results } }),
    ]);
  });
  after(() => Promise.all([bedrock.close(), s3.close()]));

  const files = readdirSync(join(ROOT, 'examples')).filter((file) => file.endsWith('.ts'));

  for (const file of files) {
    it(`${file} runs and leaves its span`, async () => {
      const ingest = await startIngest();
      const run = runProgram(['--import', 'tsx', `examples/${file}`], environment(bedrock, ingest, s3.env));
      const { code, stderr } = await run.finally(() => ingest.close());
      const spans = ingest.spans();
      assert.equal(code, 0, stderr);
      assert.deepEqual(
        spans.map((span) => span.span_attributes?.name),
        [file === 'batch-results.ts' ? 'bedrock.invokeModel' : 'bedrock.converse'],
      );
      if (file === 'redact.ts') assert.match(JSON.stringify(spans[0]?.input), /My card is \[card\]\./);
    });

    it(`${file} stands in the README, or on the page of jobs, as it is`, () => {
      assert.ok(PAGES.includes(`\`\`\`ts\n${readFileSync(join(ROOT, 'examples', file), 'utf8').trim()}\n\`\`\``));
    });
  }
});

describe('the README', () => {
  it('names every setting that the code reads, and no other', () => {
    const source = ['config', 'loader'].map((file) => readFileSync(join(ROOT, `src/${file}.ts`), 'utf8')).join();
    const read = new Set(source.match(/BRAINTRUST_[A-Z_]*[A-Z]/g));
    const table = README.slice(README.indexOf('## Settings'), README.indexOf('\n## ', README.indexOf('## Settings') + 5));
    const told = new Set([...table.matchAll(/^\| `(BRAINTRUST_[A-Z_]+)/gm)].map(([, name]) => name));
    assert.deepEqual([...told].sort(), [...read].sort());
  });
});
