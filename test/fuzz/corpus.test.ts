import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { random } from '../families/random';
import { type Call, check, spanOf, trace } from './line';
import { mutant } from './mutate';
import { seeds } from './seeds';
import { splits } from './split';

/** Calls that the fuzzer (`npm run fuzz`) has found something wrong with. */
const corpus = path.join(__dirname, 'corpus');

describe('a call that was traced wrong once', () => {
  for (const file of readdirSync(corpus)) {
    const call = JSON.parse(readFileSync(path.join(corpus, file), 'utf8'));
    it(`is traced right: ${path.basename(file, '.json')}: ${call.about}`, async () => {
      const { rows } = await check(call);
      if (call.form === 'rejected') assert.ok(rows[0]?.event.error, 'the row has no error');
    });
  }
});

describe('a call with real shapes', () => {
  let real: Call[] = [];
  before(async () => {
    real = await seeds();
  });

  it('leaves one row, which is plain JSON within its limits, and is not changed', async () => {
    assert.ok(real.length > 100, `only ${real.length} calls`);
    for (const call of real) await check(call);
  });

  it('leaves the same row when the pieces of its texts are cut elsewhere', async () => {
    const next = random(3);
    for (const call of real.filter(({ events }) => events)) {
      assert.equal(spanOf((await trace(splits(call, next))).rows), spanOf((await trace(call)).rows), JSON.stringify(call));
    }
  });

  it('is one row and nothing the application would notice when any of it is damaged or hostile', async () => {
    const next = random(4);
    for (let round = 0; round < 1000; round++) {
      const call = real[Math.floor(next() * real.length)];
      const damaged = call && mutant(call, next);
      if (damaged) await check(damaged).catch((error) => assert.fail(`${error.message}\n${JSON.stringify(damaged).slice(0, 2000)}`));
    }
  });
});
