import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from './crc32';
import { AWS_CREDENTIALS } from './credentials';
import { type Loopback, type LoopbackAnswer, type LoopbackRequest, type Pieces, serve } from './loopback';

/** An object's bytes, or what streams them anew for each reader: such an object is never in memory as a whole. */
type S3Content = Buffer | string | (() => Pieces);

export interface S3Options {
  /** The port on 127.0.0.1; a free one without it. */
  port?: number;
  /** What is there from the start, by `s3://bucket/key`. */
  objects?: Record<string, S3Content>;
  /** Gives the answer to a request, or undefined for the built-in behaviour. */
  respond?: (request: S3Request) => LoopbackAnswer | undefined | Promise<LoopbackAnswer | undefined>;
}

interface S3Request extends LoopbackRequest {
  /** `s3://bucket/key`, decoded; `s3://bucket/` for a request to the bucket itself. */
  uri: string;
}

/** An S3 on loopback. */
export interface S3 extends Loopback {
  /** What a process needs in its environment to talk to it: endpoint, region, credentials. */
  env: Record<string, string>;
  /** Every HTTP request so far, in the order of arrival, retries included. */
  requests: S3Request[];
  put(uri: string, content: S3Content): void;
  /** The bytes of an object; undefined where there is none. */
  read(uri: string): Promise<Buffer | undefined>;
  /** The objects whose URI begins so, in the order of their keys. */
  uris(prefix: string): string[];
}

interface Stored {
  content: S3Content;
  type: string;
  modified: Date;
}

/**
 * Starts the part of S3 that a job's files need: GetObject (with ranges and checksums), PutObject, HeadObject, DeleteObject,
 * ListObjectsV2. An SDK with this endpoint in its environment names the bucket in the path by itself, as the host is an IP address;
 * a bucket before `.localhost` is understood, too.
 *
 * @example
 * const s3 = await startS3({ objects: { 's3://results/big.jsonl': function* () { for (let i = 0; i < 1e5; i++) yield `{"n":${i}}\n`; } } });
 */
export async function startS3(options: S3Options = {}): Promise<S3> {
  const requests: S3Request[] = [];
  const objects = new Map<string, Stored>();
  const put = (uri: string, content: S3Content, type = 'application/octet-stream') =>
    void objects.set(uri, { content: typeof content === 'string' ? Buffer.from(content) : content, type, modified: new Date() });
  for (const [uri, content] of Object.entries(options.objects ?? {})) put(uri, content);
  const uris = (prefix: string) => [...objects.keys()].filter((uri) => uri.startsWith(prefix)).sort();

  function answerTo(request: S3Request): LoopbackAnswer {
    const { method, uri, query } = request;
    const bucket = uri.split('/', 3).join('/');
    if (method === 'GET' && query.get('list-type') === '2') return list(bucket, query);
    const unknown = [...query.keys()].find((name) => !/^(x-id|versionId|response-.*|X-Amz-.*)$/.test(name));
    if (unknown !== undefined || uri === `${bucket}/`) return notImplemented(request);
    if (method === 'PUT') return store(request);
    if (method === 'DELETE') {
      objects.delete(uri);
      return { status: 204 };
    }
    if (method !== 'GET' && method !== 'HEAD') return notImplemented(request);
    const stored = objects.get(uri);
    if (!stored) return failure(404, 'NoSuchKey', 'The specified key does not exist.');
    return get(request, stored);
  }

  function store({ uri, headers, body }: S3Request): LoopbackAnswer {
    const content = headers['x-amz-content-sha256']?.startsWith('STREAMING-') ? unchunked(body) : body;
    put(uri, content, headers['content-type']);
    return { headers: { etag: etagOf(uri, content), 'x-amz-checksum-crc32': checksum(content), 'x-amz-checksum-type': 'FULL_OBJECT' } };
  }

  function list(bucket: string, query: URLSearchParams): LoopbackAnswer {
    const prefix = query.get('prefix') ?? '';
    const found = uris(`${bucket}/${prefix}`);
    const entries = found.map((uri) => {
      const content = objects.get(uri)?.content;
      const size = Buffer.isBuffer(content) ? content.length : 0;
      const modified = objects.get(uri)?.modified.toISOString();
      return `<Contents><Key>${escaped(uri.slice(bucket.length + 1))}</Key><LastModified>${modified}</LastModified><Size>${size}</Size></Contents>`;
    });
    const facts = `<Name>${escaped(bucket.slice(5))}</Name><Prefix>${escaped(prefix)}</Prefix><KeyCount>${found.length}</KeyCount>`;
    return xml(
      200,
      `<ListBucketResult>${facts}<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>${entries.join('')}</ListBucketResult>`,
    );
  }

  const { url, close } = await serve(
    options.port ?? 0,
    async (received) => {
      const request = { ...received, uri: uriOf(received) };
      requests.push(request);
      const answer = (await options.respond?.(request)) ?? answerTo(request);
      const ids = { 'x-amz-request-id': randomBytes(8).toString('hex').toUpperCase(), 'x-amz-id-2': randomBytes(48).toString('base64') };
      return { ...answer, headers: { ...ids, ...answer.headers } };
    },
    (message) => failure(500, 'InternalError', `embedded S3: ${message}`),
  );
  return {
    url,
    close,
    env: { AWS_ENDPOINT_URL_S3: url, ...AWS_CREDENTIALS },
    requests,
    put,
    uris,
    read: async (uri) => {
      const content = objects.get(uri)?.content;
      return typeof content === 'function' ? gathered(content()) : content === undefined ? undefined : Buffer.from(content);
    },
  };
}

/** An error answer as S3 sends one. */
export function failure(status: number, code: string, message: string): LoopbackAnswer {
  return xml(status, `<Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`);
}

function notImplemented({ method, path }: S3Request): LoopbackAnswer {
  return failure(501, 'NotImplemented', `The embedded S3 has nothing for ${method} ${path}.`);
}

function get({ method, uri, headers }: S3Request, { content, type, modified }: Stored): LoopbackAnswer {
  const facts = {
    'content-type': type,
    'last-modified': modified.toUTCString(),
    etag: etagOf(uri, content),
    'accept-ranges': 'bytes',
  };
  const head = method === 'HEAD';
  // The length of what is streamed is not known before its end: no range, no checksum.
  if (typeof content === 'function') return { headers: facts, body: head ? '' : content() };
  const bytes = Buffer.from(content);
  const wanted = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '');
  if (wanted) return part(bytes, wanted[1] ?? '', wanted[2] ?? '', facts);
  const asked = headers['x-amz-checksum-mode'] === 'ENABLED';
  const sums = asked ? { 'x-amz-checksum-crc32': checksum(bytes), 'x-amz-checksum-type': 'FULL_OBJECT' } : {};
  return { headers: { ...facts, 'content-length': String(bytes.length), ...sums }, body: head ? '' : bytes };
}

function part(bytes: Buffer, first: string, last: string, headers: Record<string, string>): LoopbackAnswer {
  const from = first === '' ? Math.max(0, bytes.length - Number(last)) : Number(first);
  const to = first === '' || last === '' ? bytes.length : Math.min(Number(last) + 1, bytes.length);
  if (from >= to) return failure(416, 'InvalidRange', 'The requested range is not satisfiable');
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${from}-${to - 1}/${bytes.length}` },
    body: bytes.subarray(from, to),
  };
}

/** The bucket is the first part of the path, or what stands before `.localhost` in the host. */
function uriOf({ path, headers }: LoopbackRequest): string {
  const bucket = /^(.+)\.localhost(:\d+)?$/.exec(headers.host ?? '')?.[1];
  const key = decodeURIComponent(path.slice(1));
  return bucket === undefined ? `s3://${key.includes('/') ? key : `${key}/`}` : `s3://${bucket}/${key}`;
}

/** The content of an `aws-chunked` body: `<length in hex>[;signature]`, the bytes, and after the chunk of length 0 the checksums. */
function unchunked(body: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = body.indexOf('\r\n', at);
    const length = Number.parseInt(body.toString('latin1', at, line), 16);
    if (line < 0 || !(length > 0)) return Buffer.concat(pieces);
    pieces.push(body.subarray(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
}

async function gathered(pieces: Pieces): Promise<Buffer> {
  const bytes: Buffer[] = [];
  for await (const piece of pieces) if (typeof piece === 'string' || Buffer.isBuffer(piece)) bytes.push(Buffer.from(piece));
  return Buffer.concat(bytes);
}

function etagOf(uri: string, content: S3Content): string {
  return `"${createHash('md5')
    .update(typeof content === 'function' ? uri : content)
    .digest('hex')}"`;
}

function checksum(bytes: Buffer): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum.toString('base64');
}

function xml(status: number, body: string): LoopbackAnswer {
  return { status, headers: { 'content-type': 'application/xml' }, body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}` };
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
