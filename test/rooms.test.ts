import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import { giveBack, roomFor } from '../src/rooms';

const MB = 1024 * 1024;

describe('rooms', () => {
  before(() => mock.timers.enable({ apis: ['setTimeout'] }));
  after(() => mock.timers.reset());

  it('are given again to who needs no more', () => {
    const room = Buffer.alloc(300_000);
    giveBack(room);
    assert.notEqual(roomFor(300_001), room);
    assert.equal(roomFor(300_000), room);
    assert.notEqual(roomFor(300_000), room);
  });

  it('are let go of where they are large, or many', () => {
    const large = Buffer.alloc(MB + 1);
    giveBack(large);
    assert.notEqual(roomFor(MB), large);
    const many = Array.from({ length: 20 }, () => Buffer.alloc(MB));
    for (const room of many) giveBack(room);
    const given = new Set(Array.from({ length: 20 }, () => roomFor(MB)));
    assert.equal(many.filter((room) => given.has(room)).length, 8);
  });

  it('are let go of in a while', () => {
    const room = Buffer.alloc(MB);
    mock.timers.tick(10_000);
    giveBack(room);
    mock.timers.tick(9000);
    assert.equal(roomFor(MB), room);
    giveBack(room);
    mock.timers.tick(1000);
    assert.notEqual(roomFor(MB), room);
    giveBack(room);
    assert.equal(roomFor(MB), room);
  });
});
