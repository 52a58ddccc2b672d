import assert from 'node:assert/strict';
import { it, mock } from 'node:test';
import { afterwards, isWorkLeft, workAll } from '../../src/delivery/work';

/** So long has one waited, in milliseconds. */
async function waited(): Promise<number> {
  afterwards(() => {});
  for (let ms = 0; ms <= 1000; ms += 10) {
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (!isWorkLeft()) return ms;
    mock.timers.tick(10);
  }
  return Number.POSITIVE_INFINITY;
}

it('the first work of a process waits for less than what comes later: its row begins the log-in, and a short program has an end soon', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const first = await waited();
  const second = await waited();
  const third = await waited();
  mock.timers.reset();
  assert.ok(first < second && second === third && third < 1000, `${first}, ${second}, ${third} ms`);
});

it('what is too much to wait is done at once, except for what the application has its answer of next', () => {
  const done: string[] = [];
  const add = (name: string, size: number) => afterwards(() => done.push(name), size);
  const MIB = 1024 * 1024;
  add('first', 20 * MIB);
  assert.equal(done.join(), '');
  add('second', 20 * MIB);
  assert.equal(done.join(), 'first');
  workAll();
  assert.equal(done.join(), 'first,second');
  for (let count = 0; count < 3; count++) add('small', 1000);
  add('large', 20 * MIB);
  assert.equal(done.join(), 'first,second');
  workAll();
  assert.equal(done.join(), 'first,second,small,small,small,large');
});
