import type { Upload } from './content';
import { debug } from './guard';
import { object, string } from './read';
import { say } from './say';
import { braintrustState } from './state';

/** How long one request of an upload may take, in milliseconds. */
const REQUEST_MS = 30_000;
/** How many bytes may wait for their upload, in all: past it, further files are recorded by their size alone. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

let pendingBytes = 0;
/** The uploads so far, one after the other. */
let uploads: Promise<void> = Promise.resolve();

/** Whether there is room for so many more bytes to wait; where there is none, it is told once. */
export function hasRoom(bytes: number): boolean {
  if (pendingBytes + bytes <= MAX_PENDING_BYTES) return true;
  say('uploads to Braintrust are behind: files are recorded by their size alone until there is room again.');
  return false;
}

/**
 * Uploads the files of a row that has been logged, once the row itself is out. Done here and not by an `Attachment` of `braintrust`:
 * the application's copy of the package uploads only what its own class has made. As there, `flush` waits for it.
 */
export function upload(items: Upload[]): void {
  const logger = braintrustState()?.bgLogger?.();
  if (items.length === 0 || !logger) return;
  const flush = flushOf(logger);
  for (const item of items) {
    const bytes = item.binary.byteLength;
    pendingBytes += bytes;
    uploads = uploads
      .then(flush)
      .then(() => uploadOne(item))
      .catch((error: unknown) => debug('upload failed', error))
      .then(() => {
        pendingBytes -= bytes;
      });
  }
}

type Logger = { flush(): Promise<unknown> };
const flushes = new WeakMap<Logger, () => Promise<void>>();

/** The logger's own flush; from the first upload on, the flush that the application calls waits for uploads, too. */
function flushOf(logger: Logger): () => Promise<void> {
  const known = flushes.get(logger);
  if (known) return known;
  const original = logger.flush;
  const flush = async () => {
    await original.call(logger);
  };
  flushes.set(logger, flush);
  logger.flush = async function (this: Logger) {
    const result = await original.call(this);
    await uploads;
    return result;
  };
  return flush;
}

async function uploadOne({ reference, binary }: Upload): Promise<void> {
  const state = braintrustState();
  await state?.login?.({});
  const connection = state?.apiConn?.();
  if (!connection) return;
  const { key, filename, content_type } = reference;
  const org_id = state?.orgId ?? '';
  let failure: string | undefined;
  try {
    const answer: unknown = await (await connection.post('/attachment', { key, filename, content_type, org_id })).json();
    const url = string(object(answer)?.signedUrl);
    failure = url ? await put(url, object(answer)?.headers, binary) : 'no signed URL';
  } catch (error) {
    failure = 'the request failed'; // an error's own text may have the signed URL in it
    debug(`upload failed: ${error instanceof Error ? error.name : 'unknown'}`);
  }
  const status = failure ? { upload_status: 'error', error_message: failure } : { upload_status: 'done' };
  await connection.post('/attachment/status', { key, org_id, status });
}

/** What went wrong, if anything did. */
async function put(url: string, given: unknown, binary: Upload['binary']): Promise<string | undefined> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(object(given) ?? {})) if (typeof value === 'string') headers[name] = value;
  if (/\.blob\.core\.windows\.net$/.test(new URL(url).hostname)) headers['x-ms-blob-type'] = 'BlockBlob';
  const body = typeof binary.data === 'string' ? Buffer.from(binary.data, 'base64') : binary.data;
  const response = await fetch(url, { method: 'PUT', headers, body, signal: AbortSignal.timeout(REQUEST_MS) });
  await response.body?.cancel();
  return response.ok ? undefined : `the object store answered ${response.status}`;
}
