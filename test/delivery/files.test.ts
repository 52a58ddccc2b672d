import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { startBedrock } from '../../demo/bedrock';
import { startIngest } from '../../demo/ingest';
import { Binary } from '../../src/binary';
import type { Upload } from '../../src/content';
import { fixedDestination } from '../../src/delivery/destination';
import { accept, pending, take } from '../../src/delivery/index';
import { expect, forget, hasRoom, isFileLeft, leftFiles } from '../../src/upload';
import { environment, runProgram } from '../helpers/program';

const MIB = 1024 * 1024;
const file = (): Upload => ({
  reference: { type: 'braintrust_attachment', filename: 'file.png', content_type: 'image/png', key: 'k' },
  binary: new Binary(new Uint8Array(80), 'image/png'),
});

it('files that wait for their upload have room for 64 MiB, of which each, however small, takes some', () => {
  const [one, other] = [fixedDestination(undefined, undefined), fixedDestination(undefined, undefined)];
  const files = Array.from({ length: 6000 }, file);
  assert.ok(hasRoom(1, 64 * MIB) && !hasRoom(1, 64 * MIB + 1)); // nothing waits: there is all of it
  assert.ok(hasRoom(6000, 6000 * 80) && !hasRoom(60_000, 60_000 * 80));
  expect(files.slice(0, 4000), one);
  expect(files.slice(4000), other);
  assert.ok(!hasRoom(6000, 6000 * 80) && !hasRoom(1, 17 * MIB) && isFileLeft());
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

it('files of a worker thread have the same room: past it, the row that has come has their size', () => {
  const destination = fixedDestination(undefined, undefined);
  const handed = Array.from({ length: 10 }, (_, index) => {
    const reference = { ...file().reference, key: String(index) };
    const uploads = [{ reference, binary: new Binary(new Uint8Array(10 * MIB), 'image/png') }];
    return { destination, id: String(index), json: JSON.stringify({ input: [reference] }), isMerge: false, uploads };
  });
  for (const row of handed) accept(row);
  const rows = pending().flatMap((lane) => lane.rows);
  assert.deepEqual(
    rows.map(({ json, uploads }) => [JSON.parse(json.toString()).input[0], uploads.length]),
    handed.map(({ uploads: [one] }, index) => (index < 6 ? [one?.reference, 1] : [{ byteLength: 10 * MIB, contentType: 'image/png' }, 0])),
  );
  take();
  forget(handed.flatMap(({ uploads }) => uploads));
  assert.ok(!isFileLeft() && hasRoom(1, 64 * MIB));
});

it('of a call of a worker thread are attached, and leave the main thread its room', async () => {
  const [bedrock, ingest] = await Promise.all([startBedrock(), startIngest()]);
  const program = join(__dirname, '../programs/files-worker.cjs');
  const { code, stderr } = await runProgram(['--import', 'braintrust-bedrock/hook.mjs', program], environment(bedrock, ingest));
  await Promise.all([bedrock.close(), ingest.close()]);
  assert.deepEqual([code, stderr], [0, '']);
  const attached = ingest.spans().filter(({ input }) => JSON.stringify(input).includes('braintrust_attachment'));
  assert.equal(attached.length, 4);
  assert.deepEqual(
    [...ingest.attachments.values()].map((bytes) => [bytes.length, bytes[0]]).sort(),
    [1, 2, 3, 4].map((fill) => [1000, fill]),
  );
});
