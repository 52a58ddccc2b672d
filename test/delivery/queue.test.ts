import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Queue } from '../../src/delivery/queue';

describe('a queue', () => {
  it('gives what an array would, whatever is added and taken in between', () => {
    const queue = new Queue<number>();
    const array: number[] = [];
    for (let step = 0; step < 5000; step++) {
      const isAdding = (step * 2_654_435_761) % 7 < (step % 1000 < 500 ? 5 : 2);
      if (isAdding) {
        queue.add(step);
        array.push(step);
      } else assert.equal(queue.take(), array.shift());
      assert.equal(queue.length, array.length);
    }
    while (array.length > 0) assert.equal(queue.take(), array.shift());
    assert.equal(queue.take(), undefined);
  });

  it('keeps nothing of what has been taken', async () => {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    assert.ok(typeof collect === 'function');
    const queue = new Queue<object>();
    for (let index = 0; index < 100; index++) queue.add({ index });
    const first = new WeakRef(queue.take() ?? {});
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    assert.equal(first.deref(), undefined);
    assert.equal(queue.length, 99);
  });
});
