import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContentBlock } from '@aws-sdk/client-bedrock-runtime';
import { flush } from 'braintrust';
import type { Row } from '../demo/ingest';
import { isObject } from '../src/read';
import { startTraced, type Traced } from './helpers/traced';

let traced: Traced;
before(async () => {
  traced = await startTraced();
});
after(() => traced.close());

/** The references in a row, in their order. */
function references(value: unknown): { key: string; content_type: string; filename: string }[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (!isObject(value)) return [];
  if (value.type === 'braintrust_attachment')
    return [{ key: String(value.key), content_type: String(value.content_type), filename: String(value.filename) }];
  return Object.values(value).flatMap(references);
}

/** The uploads that belong to a row, once they are all there. */
async function uploadsOf(row: Row | undefined): Promise<{ type: string; filename: string; bytes: Buffer | undefined }[]> {
  const found = references([row?.input, row?.output]);
  for (let tries = 0; tries < 100 && !found.every(({ key }) => traced.ingest.attachments.has(key)); tries++) await sleep(20);
  return found.map(({ key, content_type, filename }) => ({ type: content_type, filename, bytes: traced.ingest.attachments.get(key) }));
}

describe('files in Converse blocks', () => {
  const bytes = { image: randomBytes(3000), document: randomBytes(2000), video: randomBytes(5000), inResult: randomBytes(700) };
  const content: ContentBlock[] = [
    { text: 'see' },
    { image: { format: 'jpeg', source: { bytes: Uint8Array.from(bytes.image) } } },
    { document: { format: 'pdf', name: 'terms', source: { bytes: Uint8Array.from(bytes.document) } } },
    { video: { format: 'mp4', source: { bytes: Uint8Array.from(bytes.video) } } },
    { video: { format: 'mp4', source: { s3Location: { uri: 's3://bucket/film.mp4' } } } },
    { toolResult: { toolUseId: 't', content: [{ image: { format: 'png', source: { bytes: Uint8Array.from(bytes.inResult) } } }] } },
  ];

  it('are uploaded once each as they were when the call was made, though the application overwrites its buffers at once', async () => {
    const uploadsBefore = traced.ingest.attachments.size;
    const [row] = await traced.spansOf(async () => {
      const pending = traced.client().converse({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content }] });
      for (const block of content) for (const media of [block.image, block.document, block.video]) media?.source?.bytes?.fill(0);
      await pending;
    });
    assert.deepEqual(await uploadsOf(row), [
      { type: 'image/jpeg', filename: 'file.jpeg', bytes: bytes.image },
      { type: 'application/pdf', filename: 'terms', bytes: bytes.document },
      { type: 'video/mp4', filename: 'file.mp4', bytes: bytes.video },
      { type: 'image/png', filename: 'file.png', bytes: bytes.inResult },
    ]);
    assert.equal(traced.ingest.attachments.size, uploadsBefore + 4);
    assert.match(JSON.stringify(row?.input), /s3:\/\/bucket\/film\.mp4/);
  });
});

describe('uploads', () => {
  const image = (): ContentBlock => ({ image: { format: 'png', source: { bytes: randomBytes(300) } } });
  const converse = (...content: ContentBlock[]) =>
    traced.client().converse({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text: 'see' }, ...content] }] });

  it('are done when flush is', async () => {
    const before = traced.ingest.attachments.size;
    await converse(image(), image());
    await flush();
    assert.equal(traced.ingest.attachments.size, before + 2);
  });

  it('come after their row', async () => {
    const from = traced.ingest.requests.length;
    await converse(image());
    await flush();
    const paths = traced.ingest.requests.slice(from).map(({ path }) => path.replace(/\/upload\/.*/, '/upload'));
    assert.ok(paths.indexOf('/logs3') < paths.indexOf('/attachment'), paths.join());
    assert.ok(paths.indexOf('/attachment') < paths.indexOf('/upload'), paths.join());
    assert.equal(paths.at(-1), '/attachment/status');
  });

  it('that fail leave a readable row and the other files, and do not tell the signed URL', async () => {
    const before = traced.ingest.attachments.size;
    const from = traced.ingest.requests.length;
    // The object store is at the same address here: it fails until one file has been refused.
    const refused = traced.ingest.set({ others: 'reset' });
    const [row] = await traced.spansOf(async () => {
      await refused;
      await converse(image());
      await flush();
      await traced.ingest.set({});
      await converse(image(), image());
    });
    assert.equal(references(row?.input).length, 1);
    assert.equal(traced.ingest.attachments.size, before + 2);
    const requests = traced.ingest.requests.slice(from);
    assert.ok(requests.some(({ path, status }) => path === '/attachment' && status === 0));
  });

  it('past what may wait for them are not begun: the row has the size', async () => {
    const isLarge = (row: Row) => JSON.stringify(row.input).includes('video/mp4');
    const had = traced.ingest.spans().filter(isLarge).length;
    // Their rows wait, and so do they.
    await traced.ingest.set({ rows: { status: 503 } });
    try {
      const large = (): ContentBlock => ({ video: { format: 'mp4', source: { bytes: new Uint8Array(15 * 1024 * 1024) } } });
      for (let count = 0; count < 5; count++) await converse(large());
    } finally {
      await traced.ingest.set({});
    }
    await traced.ingest.waitFor((spans) => spans.filter(isLarge).length >= had + 5, 20_000);
    const attached = traced.ingest
      .spans()
      .filter(isLarge)
      .slice(-5)
      .map((row) => references(row.input).length);
    assert.deepEqual(attached, [1, 1, 1, 1, 0]);
  });
});

describe('files in guardrail content', () => {
  it('are uploaded from guardContent blocks', async () => {
    const bytes = randomBytes(400);
    const content: ContentBlock[] = [{ text: 'see' }, { guardContent: { image: { format: 'png', source: { bytes } } } }];
    const [row] = await traced.spansOf(() =>
      traced.client().converse({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content }] }),
    );
    assert.deepEqual(
      (await uploadsOf(row)).map((upload) => [upload.type, upload.bytes?.equals(bytes)]),
      [['image/png', true]],
    );
  });
});

describe('files in InvokeModel bodies', () => {
  it('are uploaded from the request of a Claude call', async () => {
    const image = randomBytes(900);
    const source = { type: 'base64', media_type: 'image/png', data: image.toString('base64') };
    const body = {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 9,
      messages: [{ role: 'user', content: [{ type: 'image', source }] }],
    };
    const [row] = await traced.spansOf(() =>
      traced.client().invokeModel({ modelId: 'anthropic.claude-3-haiku-20240307-v1:0', body: JSON.stringify(body) }),
    );
    assert.deepEqual(
      (await uploadsOf(row)).map((upload) => [upload.type, upload.bytes?.equals(image)]),
      [['image/png', true]],
    );
    assert.doesNotMatch(JSON.stringify(row), new RegExp(source.data.slice(0, 40).replace(/[+/]/g, '.')));
  });

  it('are uploaded from the answer of an image model, with the bytes that the application got', async () => {
    let answered = Buffer.alloc(0);
    const [row] = await traced.spansOf(async () => {
      const { body } = await traced.client().invokeModel({
        modelId: 'amazon.nova-canvas-v1:0',
        body: JSON.stringify({ taskType: 'TEXT_IMAGE', textToImageParams: { text: 'A yellow tram' } }),
      });
      answered = Buffer.from(JSON.parse(body.transformToString()).images[0], 'base64');
    });
    const uploads = await uploadsOf(row);
    assert.deepEqual(
      uploads.map(({ type, bytes }) => [type, bytes?.equals(answered)]),
      [['image/png', true]],
    );
  });
});
