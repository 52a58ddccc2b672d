import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import * as sdk from '@aws-sdk/client-s3';
import * as braintrust from 'braintrust';
import { type Ingest, startIngest } from '../../demo/ingest';
import { patchS3 } from '../../src/jobs/s3';
import { isAsyncIterable } from '../../src/observe';
import { isObject } from '../../src/read';
import { knownResults, resultLines, startStorage } from '../helpers/batch';

/*
 * The same application reads the same bodies twice: before S3Client is patched and after. What it gets, and all that it could see of the
 * body on the way (every event, in order, with the stream's own state at that moment), has to be the same.
 */

const TEXT = resultLines('r', 40).join('');
const PIECES = [0, 7, 8, 5008, 5011, 5075, 7075, 7076, 7077].map((from, index, all) => Buffer.from(TEXT).subarray(from, all[index + 1]));

type Seen = unknown[];

/** A body of Node's that is told when to give what, and notes what happens to it. */
class Scripted extends Readable {
  readonly seen: Seen = [];
  #next = 0;

  constructor(private readonly breaksAfter = Number.POSITIVE_INFINITY) {
    super({ highWaterMark: 4096 });
  }

  override _read(): void {
    const index = this.#next++;
    const give = () => {
      if (index >= this.breaksAfter) this.destroy(new Error('the connection is gone'));
      else this.seen.push(['push', this.push(PIECES[index] ?? null)]);
    };
    if (index % 3 === 1) process.nextTick(give);
    else give();
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const { readableFlowing, readableLength, destroyed } = this;
    const listeners = ['data', 'end', 'error', 'close', 'readable', 'pause', 'resume'].map((name) => this.listenerCount(name));
    const told = args.map((arg) => (Buffer.isBuffer(arg) ? `${arg.length} bytes` : typeof arg === 'string' ? arg.length : typeof arg));
    this.seen.push([String(event), told, { readableFlowing, readableLength, destroyed, listeners }]);
    return super.emit(event, ...args);
  }
}

interface Reading {
  /** How the application reads; what it gives is what it got. */
  read(body: Readable & sdk.GetObjectCommandOutput['Body']): unknown;
  breaksAfter?: number;
}

const gathered = () => {
  const pieces: Buffer[] = [];
  const sink = new Writable({
    highWaterMark: 1000,
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece);
      queueMicrotask(done);
    },
  });
  return { sink, bytes: () => Buffer.concat(pieces).toString('base64') };
};

const gatheredText = async (body: unknown) => {
  const pieces: Uint8Array[] = [];
  if (isAsyncIterable(body)) for await (const piece of body) if (piece instanceof Uint8Array) pieces.push(piece);
  return Buffer.concat(pieces).toString();
};

const failing = async (run: () => unknown) => {
  try {
    return await run();
  } catch (error) {
    return String(error);
  }
};

const READINGS: Record<string, Reading> = {
  transformToString: { read: (body) => body?.transformToString() },
  'transformToString in base64': { read: (body) => body?.transformToString('base64') },
  transformToByteArray: { read: async (body) => Buffer.from((await body?.transformToByteArray()) ?? []).toString('base64') },
  transformToWebStream: {
    async read(body) {
      const pieces: unknown[] = [];
      const stream = body?.transformToWebStream();
      if (stream) for await (const piece of stream) pieces.push(Buffer.from(piece).toString('base64'));
      return pieces;
    },
  },
  'for await': {
    async read(body) {
      const pieces: string[] = [];
      for await (const piece of body) pieces.push(Buffer.from(piece).toString('base64'));
      return pieces;
    },
  },
  'for await, left early': {
    async read(body) {
      for await (const piece of body) return Buffer.from(piece).toString('base64');
    },
  },
  'for await that breaks': { breaksAfter: 4, read: async (body) => failing(async () => await body.toArray()) },
  pipe: {
    async read(body) {
      const { sink, bytes } = gathered();
      body.pipe(sink);
      await once(sink, 'finish');
      return bytes();
    },
  },
  'pipe, and unpipe and pipe again': {
    async read(body) {
      const { sink, bytes } = gathered();
      body.pipe(sink);
      await once(body, 'data');
      body.unpipe(sink);
      await setImmediate();
      body.pipe(sink);
      await once(sink, 'finish');
      return bytes();
    },
  },
  pipeline: {
    async read(body) {
      const { sink, bytes } = gathered();
      await pipeline(body, sink);
      return bytes();
    },
  },
  'pipeline that breaks': {
    breaksAfter: 3,
    async read(body) {
      const { sink, bytes } = gathered();
      return [await failing(() => pipeline(body, sink)), bytes()];
    },
  },
  "on('data')": {
    async read(body) {
      const pieces: unknown[] = [];
      body.on('data', (piece: Buffer) => pieces.push(piece.toString('base64')));
      await once(body, 'end');
      return pieces;
    },
  },
  "on('data') in text": {
    async read(body) {
      const pieces: unknown[] = [];
      body.setEncoding('utf8').on('data', (piece) => pieces.push(piece));
      await once(body, 'end');
      return pieces;
    },
  },
  'pause and resume': {
    async read(body) {
      const pieces: unknown[] = [];
      body.on('data', (piece: Buffer) => {
        pieces.push(piece.length);
        body.pause();
        queueMicrotask(() => body.resume());
      });
      await once(body, 'end');
      return pieces;
    },
  },
  'read(n), with something put back': {
    async read(body) {
      const pieces: unknown[] = [];
      let isFirst = true;
      body.on('readable', () => {
        for (let piece: Buffer | null = body.read(100); piece; piece = body.read(100)) {
          if (isFirst) body.unshift(piece.subarray(40));
          pieces.push(piece.toString('base64').slice(0, isFirst ? 40 : undefined));
          isFirst = false;
        }
        const rest = body.read();
        if (rest) pieces.push(rest.toString('base64'));
      });
      await once(body, 'end');
      return pieces;
    },
  },
  'destroy halfway': {
    async read(body) {
      const pieces: unknown[] = [];
      body.on('data', (piece: Buffer) => {
        if (pieces.push(piece.length) === 2) body.destroy();
      });
      await once(body, 'close');
      return pieces;
    },
  },
  'destroy halfway with an error': {
    async read(body) {
      const errors: unknown[] = [];
      body.on('error', (error) => errors.push(String(error)));
      body.once('data', () => body.destroy(new Error('enough')));
      await new Promise((resolve) => body.once('close', resolve));
      return errors;
    },
  },
  'an error': { breaksAfter: 2, read: (body) => failing(() => body?.transformToString()) },
  'an error with nobody reading': {
    breaksAfter: 1,
    async read(body) {
      const errors: unknown[] = [];
      body.on('error', (error) => errors.push(String(error)));
      await setImmediate();
      body.read(0);
      await setImmediate();
      return [errors, body.destroyed];
    },
  },
  'nothing at all': { read: async (body) => [body?.readableFlowing, body?.listenerCount('data'), Object.keys(body).sort()] },
  'what a body is': {
    read: async (body) => [
      body instanceof Scripted,
      body?.readableHighWaterMark,
      Object.keys(body).sort(),
      body?.eventNames(),
      JSON.stringify(body).length > 0,
    ],
  },
};

let storage: Awaited<ReturnType<typeof startStorage>>;
let ingest: Ingest;
const { Bucket, Key } = knownResults('transparency');
const seen = new Map<string, { without: unknown; withUs: unknown }>();

/** What the SDK's handler for `fetch` gives: a web stream. */
const byFetch = {
  metadata: {},
  async handle(request: {
    protocol: string;
    hostname: string;
    port: number;
    path: string;
    method: string;
    headers: Record<string, string>;
  }) {
    const { host: _, ...headers } = request.headers;
    const {
      status,
      headers: answered,
      body,
    } = await fetch(`${request.protocol}//${request.hostname}:${request.port}${request.path}`, { headers });
    return { response: { statusCode: status, headers: Object.fromEntries(answered), body } };
  },
};

/** All of the readings, over a scripted body each, and over the wire by three handlers. */
async function application(): Promise<Map<string, unknown>> {
  const results = new Map<string, unknown>();
  for (const [name, { read, breaksAfter }] of Object.entries(READINGS)) {
    const scripted = new Scripted(breaksAfter);
    const requestHandler = {
      metadata: {},
      handle: async () => ({
        response: { statusCode: 200, headers: { 'content-length': String(Buffer.byteLength(TEXT)) }, body: scripted },
      }),
    };
    const { Body } = await storage.client({ requestHandler }).getObject({ Bucket, Key });
    assert.ok(Body instanceof Readable && Object.is(Body, scripted), 'the body is the one that the handler gave');
    const got = await read(Body);
    await setImmediate();
    results.set(name, { got, seen: scripted.seen });
  }
  const http = storage.client();
  const fetched = storage.client({ requestHandler: byFetch });
  for (const [name, client] of Object.entries({ http, fetched })) {
    const body = async (input: object = {}) => (await client.getObject({ Bucket, Key, ...input })).Body;
    results.set(`${name}: transformToString`, await (await body())?.transformToString());
    results.set(`${name}: for await`, await gatheredText(await body()));
    results.set(`${name}: checksum`, await (await body({ ChecksumMode: 'ENABLED' }))?.transformToString());
    results.set(`${name}: a range`, await (await body({ Range: 'bytes=10-99' }))?.transformToString());
    const web = (await body())?.transformToWebStream();
    results.set(`${name}: Response`, web && (await new Response(web).text()));
    results.set(`${name}: no such key`, await failing(() => body({ Key: `nightly/transparency/none.jsonl.out` })));
  }
  results.set(
    'callback',
    await new Promise((resolve) => http.getObject({ Bucket, Key }, (_error, output) => resolve(Object.keys(output ?? {}).sort()))),
  );
  return results;
}

describe('the body of batch results that the application reads from S3', () => {
  before(async () => {
    [storage, ingest] = await Promise.all([startStorage({ objects: { [`s3://${Bucket}/${Key}`]: TEXT } }), startIngest()]);
    Object.assign(process.env, ingest.env);
    await braintrust.login({ forceLogin: true });
    braintrust.initLogger({ projectName: 'tests' });
    const without = await application();
    patchS3(sdk);
    const withUs = await application();
    for (const [name, value] of without) seen.set(name, { without: value, withUs: withUs.get(name) });
  });
  after(async () => {
    await braintrust.flush();
    await Promise.all([storage.close(), ingest.close()]);
  });

  for (const name of Object.keys(READINGS)) {
    it(`is the same, event for event, with us: ${name}`, () => {
      const { without, withUs } = seen.get(name) ?? {};
      assert.ok(isObject(without) && Array.isArray(without.seen));
      assert.deepEqual(withUs, without);
    });
  }

  it('is the same over the wire, by Node and by fetch, with checksums and ranges', () => {
    const wire = [...seen].filter(([name]) => !(name in READINGS));
    assert.equal(wire.length, 13);
    for (const [name, { without, withUs }] of wire) assert.deepEqual(withUs, without, name);
    assert.equal(seen.get('http: transformToString')?.withUs, TEXT);
    assert.equal(seen.get('fetched: for await')?.withUs, TEXT);
  });

  it('leaves its records as spans meanwhile, and no other', async () => {
    const spans = await ingest.waitFor((all) => all.length >= 40);
    assert.deepEqual(new Set(spans.map((span) => span.span_attributes?.name)), new Set(['bedrock.invokeModel']));
    assert.equal(spans.length, 40);
  });
});
