import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { attach, snapshot } from '../../src/content';
import { keep } from '../../src/copy';
import { converse } from '../../src/operations/converse';
import { ConverseStream } from '../../src/operations/converse-stream';
import type { JsonObject } from '../../src/types';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const MIB = 1024 * 1024;
const piece = new Uint8Array(MIB).fill(7);
const media = (kind: string, index: number, source: object, format = 'png') => ({
  contentBlockDelta: { contentBlockIndex: index, delta: { [kind]: { format, source } } },
});

/** MiB of buffers, once it no longer changes: V8 gives them back in a thread of its own, after the collection. */
async function buffers(): Promise<number> {
  for (let last = -1; ; await sleep(30)) {
    collect();
    const now = Math.round(process.memoryUsage().arrayBuffers / MIB);
    if (now === last) return now;
    last = now;
  }
}

/** The row's output, and the sizes of what is uploaded with it. */
function rowOf(stream: ConverseStream) {
  const { value, files } = snapshot(converse.response(stream.response(), {}, {}));
  return { uploads: attach(files).map(({ binary }) => binary.byteLength / MIB), output: JSON.stringify(value.output) };
}

/** Of a stream of so many MiB in two images, and the MiB that were held at its end. */
async function read(pieces: number) {
  const before = await buffers();
  const stream = new ConverseStream();
  for (let index = 0; index < pieces; index++) stream.add(media('image', index % 2, { bytes: piece }));
  const held = (await buffers()) - before;
  return { held, ...rowOf(stream) };
}

it('media of a stream are put together and attached', async () => {
  const { held, uploads, output } = await read(6);
  assert.deepEqual([held, uploads], [6, [3, 3]]);
  assert.match(output, /braintrust_attachment.*braintrust_attachment/);
});

it('media of a stream that are past what a span may have attached are let go of as they come: their sizes are told', async () => {
  const { held, uploads, output } = await read(42);
  assert.deepEqual([held, uploads], [0, []]);
  assert.equal(output.match(/\{"byteLength":22020096,"contentType":"image\/png"\}/g)?.length, 2, output);
});

it('media whose bytes were let go of are not attached, though those after them have no place in the row', () => {
  const stream = new ConverseStream();
  for (let count = 0; count < 12; count++) stream.add(media('image', 0, { bytes: piece }));
  const json = JSON.stringify({ list: Array.from({ length: 300_000 }, (_, index) => index % 10) });
  stream.add({ contentBlockStart: { contentBlockIndex: 1, start: { toolUse: { toolUseId: 't', name: 'n' } } } });
  stream.add({ contentBlockDelta: { contentBlockIndex: 1, delta: { toolUse: { input: json } } } });
  for (let count = 0; count < 12; count++) stream.add(media('image', 2, { bytes: piece }));
  const { uploads, output } = rowOf(stream);
  assert.deepEqual(uploads, []);
  assert.match(output, /"byteLength":12582912,"contentType":"image\/png"/);
});

it('media of no bytes at all, and those that are somewhere else, say so', () => {
  const stream = new ConverseStream();
  stream.add(media('image', 0, { bytes: new Uint8Array() }));
  stream.add(media('video', 1, { s3Location: { uri: 's3://bucket/film.mp4' } }, 'mp4'));
  const { output } = rowOf(stream);
  assert.match(output, /"bytes":\{"byteLength":0,"contentType":"image\/png"\}/);
  assert.match(output, /s3:\/\/bucket\/film\.mp4/);
});

/** What of a request is attached of these blocks. */
function attachedOf(...content: object[]): (string | Uint8Array)[] {
  const { value } = keep({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content }] });
  return attach(snapshot(converse.request(value)).files).map(({ binary }) => binary.data);
}
const image = (bytes: Uint8Array | ArrayBuffer) => ({ image: { format: 'png', source: { bytes } } });

for (const [what, before] of Object.entries<JsonObject>({
  'JSON of a tool': { toolResult: { toolUseId: 't', content: [{ json: { bytes: new Uint8Array(15 * MIB) } }] } },
  'a block that nobody knows': { $unknown: ['x', { bytes: new Uint8Array(15 * MIB) }] },
  'a block that is a text, too': { text: 'x', video: { source: { bytes: new Uint8Array(15 * MIB) } } },
})) {
  it(`what is attached is never the application's own buffer, after bytes in ${what}`, () => {
    const own = new Uint8Array(15 * MIB);
    assert.ok(!attachedOf(before, image(own)).includes(own));
  });
}

it('files are attached together or not at all, an ArrayBuffer among them', () => {
  assert.equal(attachedOf(image(new ArrayBuffer(3)), image(new Uint8Array(3))).length, 2);
  assert.equal(attachedOf(image(new ArrayBuffer(15 * MIB)), image(new ArrayBuffer(15 * MIB))).length, 0);
});
