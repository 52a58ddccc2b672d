import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { begun, continued, finishAll, finished, isAnyUnfinished, Unfinished } from '../src/unfinished';

describe('calls that are under way', () => {
  /** Each notes that the process has ended it, and that it is over. */
  function calls(count: number) {
    const ended: number[] = [];
    const begin = (id: number): Unfinished => {
      const call = new Unfinished(() => {
        if (finished(call)) ended.push(id);
      });
      begun(call);
      return call;
    };
    return { ended, begin, all: Array.from({ length: count }, (_, id) => begin(id)) };
  }

  it('are ended with the process, those that are not over, each once', () => {
    const { ended, all } = calls(5);
    for (const at of [0, 4, 2]) assert.equal(all[at] && finished(all[at]), true);
    assert.equal(all[2] && finished(all[2]), false);
    assert.equal(isAnyUnfinished(), true);
    finishAll();
    finishAll();
    assert.deepEqual(ended, [1, 3]);
    assert.equal(isAnyUnfinished(), false);
  });

  it('are all ended where one begins twice', () => {
    const { ended, all } = calls(3);
    if (all[0]) begun(all[0]);
    if (all[2]) begun(all[2]);
    finishAll();
    assert.deepEqual(ended, [0, 1, 2]);
  });

  it('may begin while the others are ended, and again', () => {
    const { ended, begin, all } = calls(1);
    const call: Unfinished = new Unfinished(() => {
      finished(call);
      begin(7);
    });
    begun(call);
    finishAll();
    assert.deepEqual(ended, [0, 7]);
    if (all[0]) begun(all[0]);
    finishAll();
    assert.deepEqual(ended, [0, 7, 0]);
  });

  it('are all ended where the end of one throws', () => {
    const { ended, begin } = calls(1);
    begun(
      new Unfinished(() => {
        throw new Error('no');
      }),
    );
    begin(1);
    finishAll();
    assert.deepEqual(ended, [0, 1]);
  });

  it('hold none of the others once they are over', () => {
    const { all } = calls(4);
    const [first, second] = all;
    assert.ok(first && second);
    finished(second);
    finishAll();
    for (const call of all) assert.ok(call.before === call && call.after === call);
  });

  it('are not ended again and again where one does not say that it is over', () => {
    let times = 0;
    begun(new Unfinished(() => void times++));
    finishAll();
    assert.equal(times, 1);
    assert.equal(isAnyUnfinished(), false);
  });

  it('end in another way once they have gone on', () => {
    const { ended, all } = calls(1);
    const [call] = all;
    assert.ok(call);
    continued(call, () => ended.push(99));
    finishAll();
    assert.deepEqual(ended, [99]);
    // The process had something else to do after all, and the call has its stream.
    continued(call, () => ended.push(100));
    finishAll();
    assert.deepEqual(ended, [99, 100]);
  });
});
