import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { arrivalsOf } from '../src/arrivals';

/** Bytes with the length of a frame in front; what is in a frame is not looked at. */
function frame(length: number): Buffer {
  const bytes = Buffer.alloc(length, 0xee);
  bytes.writeUInt32BE(length);
  return bytes;
}

describe('the arrival of frames', () => {
  it('counts the ones that were in the buffer before anybody listened, and is the same however the bytes are split', () => {
    const bytes = Buffer.concat([frame(20), frame(300), frame(16)]);
    for (const early of [0, 1, 3, 20, 25, 335]) {
      for (const size of [1, 7, 400]) {
        const body = new Readable({ read() {} });
        body.push(bytes.subarray(0, early));
        const arrivals = arrivalsOf(body);
        assert.ok(arrivals);
        assert.equal(arrivals.at(2), undefined, `${early} early`);
        for (let at = early; at < bytes.length; at += size) body.push(bytes.subarray(at, at + size));
        const times = [0, 1, 2].map((index) => arrivals.at(index));
        assert.ok(
          times.every((time) => typeof time === 'number'),
          `${early} early, then ${size} at a time: ${times.join()}`,
        );
        assert.deepEqual(
          [...times].sort((one, other) => Number(one) - Number(other)),
          times,
        );
        assert.equal(arrivals.at(3), undefined);
        assert.equal(body.readableLength, bytes.length, 'nothing was taken from the stream');
      }
    }
  });

  it('is known whatever becomes of the bytes, before anybody asks', () => {
    const body = new Readable({ read() {} });
    const arrivals = arrivalsOf(body);
    const given = Uint8Array.from(frame(30));
    const changed = frame(40);
    for (const chunk of [frame(20), given, changed, frame(50)]) body.push(chunk);
    structuredClone(given, { transfer: [given.buffer] });
    changed.fill(0);
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((index) => typeof arrivals?.at(index)),
      ['number', 'number', 'number', 'number', 'undefined'],
    );
  });

  it('is not noted any more once it was told to stop', () => {
    const body = new Readable({ read() {} });
    const arrivals = arrivalsOf(body);
    arrivals?.stop();
    body.push(frame(20));
    assert.equal(arrivals?.at(0), undefined);
    assert.equal(body.push, Readable.prototype.push);
  });

  it('leaves what somebody else has put around it', () => {
    const body = new Readable({ read() {} });
    const arrivals = arrivalsOf(body);
    const { push } = body;
    const theirs = (chunk: unknown) => push.call(body, chunk);
    body.push = theirs;
    arrivals?.stop();
    assert.equal(body.push, theirs);
    assert.ok(body.push(frame(20)));
    assert.equal(body.readableLength, 20);
  });

  it('is unknown for a body that is no stream of Node', () => {
    assert.equal(arrivalsOf(new ReadableStream()), undefined);
    assert.equal(arrivalsOf(undefined), undefined);
  });
});
