import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Bedrock, startBedrock } from '../demo/bedrock';
import { startIngest } from '../demo/ingest';
import { environment, runProgram } from './helpers/program';

const ROOT = join(__dirname, '..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

let bedrock: Bedrock;
before(async () => {
  bedrock = await startBedrock();
});
after(() => bedrock.close());

describe('the examples', () => {
  const files = readdirSync(join(ROOT, 'examples')).filter((file) => file.endsWith('.ts'));

  for (const file of files) {
    it(`${file} runs and leaves its span`, async () => {
      const ingest = await startIngest();
      const run = runProgram(['--import', 'tsx', `examples/${file}`], environment(bedrock, ingest));
      const { code, stderr } = await run.finally(() => ingest.close());
      const spans = ingest.spans();
      assert.equal(code, 0, stderr);
      assert.deepEqual(
        spans.map((span) => span.span_attributes?.name),
        ['bedrock.converse'],
      );
      if (file === 'redact.ts') assert.match(JSON.stringify(spans[0]?.input), /My card is \[card\]\./);
    });

    it(`${file} stands in the README as it is`, () => {
      assert.ok(README.includes(`\`\`\`ts\n${readFileSync(join(ROOT, 'examples', file), 'utf8').trim()}\n\`\`\``));
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
