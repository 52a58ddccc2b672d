import assert from 'node:assert/strict';
import http from 'node:http';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { failure, type S3, startS3 } from '../../demo/s3';

const TEXT = 'çå 1\nline 2\nline 3\n';

function* endless(lines: number) {
  for (let index = 0; index < lines; index++) yield `{"recordId":"${index}","modelInput":{"inputText":"${'x'.repeat(200)}"}}\n`;
}

describe('the embedded S3', () => {
  let s3: S3;
  let client: S3Client;
  let made = 0;
  let stopped = () => {};
  const hasStopped = new Promise<void>((resolve) => {
    stopped = resolve;
  });
  let read = () => {};
  const firstRead = new Promise<void>((resolve) => {
    read = resolve;
  });
  before(async () => {
    s3 = await startS3({
      objects: {
        's3://results/a/text.jsonl': TEXT,
        's3://results/a/big.jsonl': () => endless(100_000),
        's3://results/a/counted.jsonl': function* () {
          try {
            for (const line of endless(1_000_000)) {
              made++;
              yield Buffer.from(line);
            }
          } finally {
            stopped();
          }
        },
        's3://results/a/cut.jsonl': function* () {
          yield 'line 1\n';
          yield { cut: true };
        },
        's3://results/a/pieces.txt': async function* () {
          yield Buffer.from('ab');
          await firstRead;
          yield { waitMs: 1 };
          yield Buffer.from('cd');
        },
      },
      respond: ({ uri }) => (uri.endsWith('/denied') ? failure(403, 'AccessDenied', 'Access Denied') : undefined),
    });
    // The endpoint comes from the environment and nothing else is set: no `forcePathStyle` either.
    Object.assign(process.env, s3.env);
    client = new S3Client({});
  });
  after(async () => {
    for (const name of Object.keys(s3.env)) delete process.env[name];
    client.destroy();
    await s3.close();
  });

  const get = (Key: string, more = {}) => client.send(new GetObjectCommand({ Bucket: 'results', Key, ...more }));

  it('gives an object with its length, type, tag and a checksum that the SDK verifies', async () => {
    const { Body, $metadata, ...facts } = await get('a/text.jsonl');
    assert.equal(await Body?.transformToString(), TEXT);
    assert.equal(facts.ContentLength, Buffer.byteLength(TEXT));
    assert.ok(facts.ChecksumCRC32 && facts.LastModified instanceof Date);
    assert.match(facts.ETag ?? '', /^"[0-9a-f]{32}"$/);
    assert.equal(Body?.constructor.name, 'ChecksumStream', 'the body is what it is on AWS: a stream that verifies');
    assert.match($metadata.requestId ?? '', /^[0-9A-F]{16}$/);
  });

  it('gives the bare response as the body where no checksum was asked for', async () => {
    const plain = new S3Client({ responseChecksumValidation: 'WHEN_REQUIRED', forcePathStyle: true });
    const { Body } = await plain.send(new GetObjectCommand({ Bucket: 'results', Key: 'a/text.jsonl' }));
    assert.equal(Body?.constructor.name, 'IncomingMessage');
    assert.equal(await Body?.transformToString(), TEXT);
    plain.destroy();
  });

  it('streams what a generator makes, the same for each reader', async () => {
    for (let reader = 0; reader < 2; reader++) {
      let bytes = 0;
      const { Body } = await get('a/big.jsonl');
      assert.ok(Body instanceof Readable);
      for await (const chunk of Body) bytes += chunk.length;
      assert.equal(
        bytes,
        [...endless(100_000)].reduce((sum, line) => sum + line.length, 0),
      );
    }
  });

  it('makes no more than its reader takes', async () => {
    const { Body } = await get('a/counted.jsonl');
    assert.ok(Body instanceof Readable);
    for await (const _ of Body) break;
    await hasStopped;
    assert.ok(made < 1_000_000, 'it stops when its reader has gone');
  });

  it('writes a Buffer of a script as one piece, and dies where it says so', async () => {
    const { Body } = await get('a/pieces.txt');
    assert.ok(Body instanceof Readable);
    const chunks: string[] = [];
    for await (const chunk of Body) {
      chunks.push(String(chunk));
      read();
    }
    assert.deepEqual(chunks, ['ab', 'cd']);
    const { Body: dying } = await get('a/cut.jsonl');
    await assert.rejects(async () => dying?.transformToString(), { code: 'ECONNRESET' });
  });

  it('gives a range, and refuses one that is not there', async () => {
    const middle = await get('a/text.jsonl', { Range: 'bytes=7-12' });
    assert.equal(await middle.Body?.transformToString(), 'line 2');
    assert.equal(middle.ContentRange, `bytes 7-12/${Buffer.byteLength(TEXT)}`);
    assert.equal(await (await get('a/text.jsonl', { Range: 'bytes=-7' })).Body?.transformToString(), 'line 3\n');
    assert.equal(await (await get('a/text.jsonl', { Range: 'bytes=14-' })).Body?.transformToString(), 'line 3\n');
    await assert.rejects(get('a/text.jsonl', { Range: 'bytes=500-' }), { name: 'InvalidRange' });
  });

  it('answers what is not there, what is forbidden and what it cannot do as S3 does', async () => {
    await assert.rejects(get('a/none'), { name: 'NoSuchKey', message: 'The specified key does not exist.' });
    await assert.rejects(get('denied'), { name: 'AccessDenied' });
    await assert.rejects(client.send(new HeadObjectCommand({ Bucket: 'results', Key: 'a/none' })), { name: 'NotFound' });
    await assert.rejects(client.send(new ListBucketsCommand({})), { name: 'NotImplemented' });
  });

  it('keeps what is put, as bytes and as a stream, and forgets what is deleted', async () => {
    const put = { Bucket: 'results', ContentType: 'text/plain' };
    await client.send(new PutObjectCommand({ ...put, Key: 'b/with space+&.txt', Body: 'bytes' }));
    const ContentLength = Buffer.byteLength(TEXT);
    await client.send(new PutObjectCommand({ ...put, Key: 'b/stream.txt', Body: Readable.from([Buffer.from(TEXT)]), ContentLength }));
    assert.equal((await s3.read('s3://results/b/with space+&.txt'))?.toString(), 'bytes');
    const back = await get('b/stream.txt');
    assert.equal(await back.Body?.transformToString(), TEXT);
    assert.equal(back.ContentType, 'text/plain');
    const list = async () =>
      (await client.send(new ListObjectsV2Command({ Bucket: 'results', Prefix: 'b/' }))).Contents?.map(({ Key }) => Key);
    assert.deepEqual(await list(), ['b/stream.txt', 'b/with space+&.txt']);
    await client.send(new DeleteObjectCommand({ Bucket: 'results', Key: 'b/stream.txt' }));
    assert.deepEqual(await list(), ['b/with space+&.txt']);
    assert.equal(
      (await client.send(new HeadObjectCommand({ Bucket: 'results', Key: 'b/with space+&.txt' }))).ContentLength,
      'bytes'.length,
    );
  });

  it('understands a bucket in the name of the host', async () => {
    const body = await new Promise<string>((resolve, reject) => {
      const headers = { host: `results.localhost:${new URL(s3.url).port}` };
      http
        .get(`${s3.url}/a/text.jsonl`, { headers }, (response) => resolve(Readable.from(response).toArray().then(String)))
        .on('error', reject);
    });
    assert.equal(body, TEXT);
    assert.equal(s3.requests.at(-1)?.uri, 's3://results/a/text.jsonl');
  });
});
