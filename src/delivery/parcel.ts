import { Json } from '../json';
import { object, string } from '../read';
import { ask, headersOf, isKeyRefused, join, mayPass, reasonOf, send, type Target } from './api';
import { batchOf, MOST_SINGLES } from './batch';
import type { Login } from './login';
import { request } from './request';

/** What one process leaves to another: the sender at its end, or the next one that finds it in the spool. */
export interface Parcel {
  target?: Target | undefined;
  login?: Login | undefined;
  rows: { id: string; json: string; isMerge: boolean }[];
  files: File[];
}

/** A file whose row refers to it by its key. */
export interface File {
  reference: { filename: string; content_type: string; key: string };
  /** The bytes as they are, or in base64. */
  data: string | Uint8Array;
}

/** How much of a parcel is at Braintrust. */
export interface Progress {
  /** So many of the first, but for those that were refused. */
  rows: number;
  files: number;
  /** Which rows Braintrust does not take, where it takes others. */
  refused: number[];
  reason?: string | undefined;
}

/** Sends the rows of a parcel, then its files. @throws as soon as something is not taken, but for single rows that are refused */
export async function sendParcel(
  target: Target,
  { rows: texts, files }: Parcel,
  progress: Progress,
  timeLeft: () => number,
): Promise<void> {
  const rows = texts.map((row) => ({ ...row, json: Json.of(row.json) }));
  let most: number | undefined;
  let singles = 0;
  while (progress.rows < rows.length) {
    const count = batchOf(rows.slice(progress.rows, progress.rows + 1000), most);
    try {
      await send(target, rows.slice(progress.rows, progress.rows + count), timeLeft());
      most = undefined;
      singles = 0;
    } catch (error) {
      if (mayPass(error) || isKeyRefused(error) || singles >= MOST_SINGLES) throw error;
      if (count > 1) {
        most = Math.ceil(count / 2);
        continue;
      }
      singles++;
      progress.refused.push(progress.rows);
      progress.reason = reasonOf(error);
    }
    progress.rows += count;
  }
  for (const file of files.slice(progress.files)) {
    await sendFile(target, file, timeLeft);
    progress.files++;
  }
}

/** Uploads a file and says how that went. Gives what went wrong, if anything did: without the signed URL. @throws where that cannot be said */
export async function sendFile(target: Target, { reference, data }: File, timeLeft: () => number): Promise<string | undefined> {
  const { key, filename, content_type } = reference;
  const { orgId: org_id, apiUrl, token, fetch } = target;
  const post = async (path: string, body: object) =>
    (await ask(join(apiUrl, path), { token, body: JSON.stringify(body), timeoutMs: timeLeft(), fetch })).body;
  let failure: string | undefined;
  try {
    const place = object(await post('attachment', { key, filename, content_type, org_id }));
    const url = string(place?.signedUrl);
    failure = url ? await put(url, place?.headers, data, timeLeft()) : 'no signed URL';
  } catch {
    failure = 'the request failed'; // an error's own text may have the signed URL in it
  }
  const status = failure ? { upload_status: 'error', error_message: failure } : { upload_status: 'done' };
  await post('attachment/status', { key, org_id, status });
  return failure;
}

async function put(url: string, given: unknown, data: File['data'], timeoutMs: number): Promise<string | undefined> {
  const body = typeof data === 'string' ? Buffer.from(data, 'base64') : data;
  const { status } = await request(url, { method: 'PUT', headers: headersOf(given, url), body: [body], timeoutMs });
  return status >= 200 && status < 300 ? undefined : `the object store answered ${status}`;
}
