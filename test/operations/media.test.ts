import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { attach, snapshot } from '../../src/content';
import { converse } from '../../src/operations/converse';
import { ConverseStream } from '../../src/operations/converse-stream';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const MIB = 1024 * 1024;
const piece = new Uint8Array(MIB).fill(7);
const delta = (contentBlockIndex: number) => ({
  contentBlockDelta: { contentBlockIndex, delta: { image: { format: 'png', source: { bytes: piece } } } },
});

/** The row's output of a stream of so many MiB in two images, its files, and the MiB that were held at its end. */
function read(pieces: number) {
  collect();
  const before = process.memoryUsage().arrayBuffers;
  const stream = new ConverseStream();
  for (let index = 0; index < pieces; index++) stream.add(delta(index % 2));
  collect();
  const held = Math.round((process.memoryUsage().arrayBuffers - before) / MIB);
  const { value, files } = snapshot(converse.response(stream.response(), {}, {}));
  return { held, uploads: attach(files).map(({ binary }) => binary.byteLength / MIB), output: JSON.stringify(value.output) };
}

it('media of a stream are put together and attached', () => {
  const { held, uploads, output } = read(6);
  assert.deepEqual([held, uploads], [6, [3, 3]]);
  assert.match(output, /braintrust_attachment.*braintrust_attachment/);
});

it('media of a stream that are past what a span may have attached are let go of as they come: their sizes are told', () => {
  const { held, uploads, output } = read(42);
  assert.deepEqual([held, uploads], [0, []]);
  assert.equal(output.match(/\{"byteLength":22020096,"contentType":"image\/png"\}/g)?.length, 2, output);
});
