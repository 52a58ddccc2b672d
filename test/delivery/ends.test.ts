import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FAULTS } from '../faults/faults';
import { complaints, play } from '../faults/scene';

// The outages that take long are in `npm run test:faults`, with the table that the README has.
describe('a process that ends', { concurrency: 2 }, () => {
  for (const fault of FAULTS.filter(({ long }) => !long)) {
    for (const own of [false, true]) {
      it(`by this loses nothing, and looks as without us: ${fault.name}${own ? ' (with a logger of its own)' : ''}`, async () => {
        // The default of 2 s is for machines that do nothing else; the bound itself is tried where Braintrust never answers.
        const env = { ...(fault.rows !== 0 && { BRAINTRUST_BEDROCK_EXIT_TIMEOUT_MS: '15000' }), ...fault.env };
        assert.deepEqual(complaints({ ...fault, laterMs: 20_000 }, await play({ ...fault, env }, own)), []);
      });
    }
  }
});
