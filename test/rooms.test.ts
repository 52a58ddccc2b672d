import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import { giveBack, roomFor } from '../src/rooms';

const MB = 1024 * 1024;

describe('rooms', () => {
  /** Takes all that there are. */
  const empty = () => {
    while (roomFor(MB / 2).length > MB / 2);
    while (roomFor().length > 64 * 1024);
  };

  before(() => mock.timers.enable({ apis: ['setTimeout'] }));
  after(() => mock.timers.reset());

  it('are given again to who needs no more', () => {
    empty();
    const room = Buffer.alloc(300_000);
    giveBack(room);
    assert.notEqual(roomFor(300_001), room);
    assert.equal(roomFor(300_000), room);
    assert.notEqual(roomFor(300_000), room);
  });

  it('are let go of where they are large, or many', () => {
    empty();
    const large = Buffer.alloc(MB + 1);
    giveBack(large);
    assert.notEqual(roomFor(), large);
    const many = Array.from({ length: 20 }, () => Buffer.alloc(MB));
    for (const room of many) giveBack(room);
    const given = new Set(Array.from({ length: 20 }, () => roomFor(MB)));
    assert.equal(many.filter((room) => given.has(room)).length, 8);
  });

  it('are let go of when nobody has asked for one in a while', () => {
    empty();
    const room = Buffer.alloc(300_000);
    giveBack(room);
    mock.timers.tick(9000);
    assert.equal(roomFor(300_000), room);
    giveBack(room);
    mock.timers.tick(10_000);
    assert.equal(roomFor(300_000), room);
    giveBack(room);
    mock.timers.tick(10_000);
    mock.timers.tick(10_000);
    assert.notEqual(roomFor(300_000), room);
  });
});
