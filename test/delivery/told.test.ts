import assert from 'node:assert/strict';
import { it } from 'node:test';
import { reportLost, reportSpooled, tellAll } from '../../src/delivery/told';

it('A user is told of rows that are lost or put away at once, then no more than once a minute, and of the rest at the end', () => {
  const lines: string[] = [];
  const write = process.stderr.write;
  process.stderr.write = (line: string | Uint8Array) => lines.push(String(line)) > 0;
  try {
    reportLost(2, 'one');
    reportLost(3, 'two');
    reportSpooled(1);
    reportSpooled(1);
    assert.equal(lines.length, 2);
    tellAll();
    tellAll();
  } finally {
    process.stderr.write = write;
  }
  assert.deepEqual(lines, [
    'braintrust-bedrock: 2 spans were lost: one.\n',
    'braintrust-bedrock: 1 span is in undefined: the next process with this directory sends them.\n',
    'braintrust-bedrock: 3 spans were lost: two.\n',
    'braintrust-bedrock: 1 span is in undefined: the next process with this directory sends them.\n',
  ]);
});
