import type { Upload } from './content';
import { ask, headersOf, join, type Target } from './delivery/api';
import type { Destination } from './delivery/destination';
import { request } from './delivery/request';
import { debug } from './guard';
import { object, string } from './read';
import { say } from './say';

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

/** Counts files that will be uploaded once their row is out. */
export function expect(items: readonly Upload[]): void {
  for (const { binary } of items) pendingBytes += binary.byteLength;
}

/**
 * Uploads the files of a row that has been sent. Done here and not by an `Attachment` of `braintrust`: the application's copy of the package
 * uploads only what its own class has made.
 */
export function upload(items: readonly Upload[], destination: Destination): void {
  for (const item of items) {
    uploads = uploads
      .then(() => uploadOne(item, destination))
      .catch((error: unknown) => debug(`upload failed: ${error instanceof Error ? error.name : 'unknown'}`))
      .then(() => {
        pendingBytes -= item.binary.byteLength;
      });
  }
}

/** Gives up files whose row has not been sent. */
export function forget(items: readonly Upload[]): void {
  for (const { binary } of items) pendingBytes -= binary.byteLength;
}

/** Resolves when the uploads so far have ended. */
export const uploaded = (): Promise<void> => uploads;

async function uploadOne({ reference, binary }: Upload, destination: Destination): Promise<void> {
  const target = await destination.open(REQUEST_MS);
  const { key, filename, content_type } = reference;
  const { orgId: org_id } = target;
  let failure: string | undefined;
  try {
    const answer = object(await post(target, 'attachment', { key, filename, content_type, org_id }));
    const url = string(answer?.signedUrl);
    failure = url ? await put(url, answer?.headers, binary) : 'no signed URL';
  } catch (error) {
    failure = 'the request failed'; // an error's own text may have the signed URL in it
    debug(`upload failed: ${error instanceof Error ? error.name : 'unknown'}`);
  }
  const status = failure ? { upload_status: 'error', error_message: failure } : { upload_status: 'done' };
  await post(target, 'attachment/status', { key, org_id, status });
}

async function post({ apiUrl, token }: Target, path: string, body: object): Promise<unknown> {
  return (await ask(join(apiUrl, path), { token, body: JSON.stringify(body), timeoutMs: REQUEST_MS })).body;
}

/** What went wrong, if anything did. */
async function put(url: string, given: unknown, binary: Upload['binary']): Promise<string | undefined> {
  const body = typeof binary.data === 'string' ? Buffer.from(binary.data, 'base64') : binary.data;
  const { status } = await request(url, { method: 'PUT', headers: headersOf(given, url), body, timeoutMs: REQUEST_MS });
  return status >= 200 && status < 300 ? undefined : `the object store answered ${status}`;
}
