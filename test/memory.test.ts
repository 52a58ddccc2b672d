import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { type Bedrock, startBedrock } from '../demo/bedrock';
import { type Ingest, startIngest } from '../demo/ingest';
import { environment, runProgram } from './helpers/program';

let bedrock: Bedrock;
let ingest: Ingest;
before(async () => {
  [bedrock, ingest] = await Promise.all([startBedrock(), startIngest()]);
});
after(() => Promise.all([bedrock.close(), ingest.close()]));

async function run(program: string, more: Record<string, string>, ...args: string[]) {
  const { code, stdout, stderr } = await runProgram(['--expose-gc', ...args, program], environment(bedrock, ingest, more));
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  return stdout;
}

it('a large buffer of the application is let go of when its call is over, even where the application keeps the answer', async () => {
  const letGo = async (...args: string[]) => JSON.parse(await run('test/programs/holds.mjs', {}, ...args));
  const without = await letGo();
  // the SDK itself may hold what belongs to an error, and to a stream that came to its end
  const { body, image, leftStream } = without;
  assert.deepEqual({ body, image, leftStream }, { body: true, image: true, leftStream: true });
  const withUs = await letGo('--import', './hook.mjs');
  for (const name of Object.keys(without)) assert.ok(withUs[name] || !without[name], `${name} is held`);
});

it('a stream of a million events is read to its end, and costs the heap little more than its text', async () => {
  const stdout = await run('test/programs/million.mjs', { EVENTS: '1000000', WRAP: 'yes' }, '--max-old-space-size=128');
  const { read, heap } = JSON.parse(stdout);
  assert.equal(read, 1_000_000);
  // 100,000 pieces of 7 characters, and what joins them
  assert.ok(heap < 16 * 1024 * 1024, `${heap} bytes`);
  const spans = await ingest.waitFor((all) => all.some(({ metrics }) => metrics && JSON.stringify(all).includes('999990')));
  assert.ok(spans.some(({ output }) => JSON.stringify(output ?? '').includes('999990 ')));
});
