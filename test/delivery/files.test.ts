import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Binary } from '../../src/binary';
import type { Upload } from '../../src/content';
import { fixedDestination } from '../../src/delivery/destination';
import { expect, forget, hasRoom, isFileLeft, leftFiles } from '../../src/upload';

const MIB = 1024 * 1024;
const file = (): Upload => ({
  reference: { type: 'braintrust_attachment', filename: 'file.png', content_type: 'image/png', key: 'k' },
  binary: new Binary(new Uint8Array(80), 'image/png'),
});

it('files that wait for their upload have room for 64 MiB, of which each, however small, takes some', () => {
  const [one, other] = [fixedDestination(undefined, undefined), fixedDestination(undefined, undefined)];
  const files = Array.from({ length: 6000 }, file);
  assert.ok(hasRoom(1, 63 * MIB) && !hasRoom(1, 64 * MIB));
  assert.ok(hasRoom(6000, 6000 * 80) && !hasRoom(60_000, 60_000 * 80));
  expect(files.slice(0, 4000), one);
  expect(files.slice(4000), other);
  assert.ok(!hasRoom(6000, 6000 * 80) && isFileLeft());
  assert.deepEqual(
    [...leftFiles()],
    [
      [one, files.slice(0, 4000)],
      [other, files.slice(4000)],
    ],
  );
  forget(files);
  assert.ok(hasRoom(6000, 6000 * 80) && !isFileLeft());
  assert.equal(leftFiles().size, 0);
});
