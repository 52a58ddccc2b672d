import assert from 'node:assert/strict';
import { it } from 'node:test';
import { reportLost, reportSpooled, tellAll } from '../../src/delivery/told';
import { hearSaid } from '../helpers/said';

it('A user is told of rows that are lost or put away at once, of more after a minute, by their reasons, and of the rest at the end', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const lines: string[] = [];
  const unhear = hearSaid((line) => lines.push(line.replace('braintrust-bedrock: ', '').trim()));
  const said = () => lines.splice(0);
  try {
    reportLost(2, 'one');
    reportSpooled(1);
    assert.deepEqual(said(), ['2 spans were lost: one.', '1 span is in undefined: the next process with this directory sends them.']);
    reportLost(3, 'one');
    reportLost(1, 'two');
    reportLost(1, 'one');
    reportSpooled(1);
    assert.deepEqual(said(), []);
    context.mock.timers.tick(60_000); // nobody has to lose another row to hear of the last ones
    assert.deepEqual(said().sort(), [
      '1 span is in undefined: the next process with this directory sends them.',
      '1 span was lost: two.',
      '4 spans were lost: one.',
    ]);
    reportLost(1, 'three');
    tellAll();
    tellAll();
    assert.deepEqual(said(), ['1 span was lost: three.']);
  } finally {
    unhear();
  }
});
