import type { Json } from '../json';
import { isObject, object, string } from '../read';
import type { JsonObject } from '../types';
import { type Answer, bytesIn, type Pieces, type RequestOptions, reasonFor, request, Unanswered } from './request';

/*
 * The part of Braintrust's HTTP API that rows need, as the `braintrust` package speaks it: /version, /logs3 and /logs3/overflow. Also what
 * the program runs that sends the last rows of a process (drain.ts).
 */

/** Where rows are sent. */
export interface Target {
  apiUrl: string;
  token: string;
  orgId: string;
  /** The members that say what a row belongs to: `{ project_id, log_id }` or `{ experiment_id }`. */
  ids: JsonObject;
  /** The way to the network that the application has given to `braintrust`, where it is not Node's own. */
  fetch?: typeof globalThis.fetch | undefined;
}

/** An answer that is not the one that was hoped for. Its text names the place and the status, never a key or a row. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly origin: string,
    readonly retryAfterMs?: number,
    /** The store behind a signed URL has answered, which knows nothing of keys. */
    readonly isStore = false,
  ) {
    super(`${origin} answered ${status}`);
  }
}

/** What only a user can put right is missing. Its text says what, and is told as it is. */
export class Unable extends Error {}

/** There is nobody to log in as. */
export const noKey = () => new Unable('there is no API key for Braintrust (BRAINTRUST_API_KEY)');

/** Whether Braintrust refuses the key, whatever is sent with it. */
export const isKeyRefused = (error: unknown): boolean => error instanceof Refusal && !error.isStore && [401, 403].includes(error.status);

/** Whether what was sent took too long. */
export const isTimeout = (error: unknown): boolean => error instanceof Unanswered && error.reason.startsWith('no answer within');

/** Whether it may pass: no answer, 408, 429 and 5xx may. */
export const mayPass = (error: unknown): boolean => !(error instanceof Refusal) || [408, 429].includes(error.status) || error.status >= 500;

/** What went wrong, in words that name the place and never a key or a row. */
export function reasonOf(error: unknown): string {
  if (error instanceof Unable) return error.message;
  if (error instanceof Unanswered) return `Braintrust at ${error.message}`;
  if (!(error instanceof Refusal)) return `Braintrust cannot be reached (${error instanceof Error ? error.message : 'unknown'})`;
  const { status, origin } = error;
  return isKeyRefused(error)
    ? `Braintrust at ${origin} refuses the key in BRAINTRUST_API_KEY (${status})`
    : `Braintrust at ${origin} answered ${status}`;
}

/** A row, without what it belongs to. */
export interface JsonRow {
  json: Json;
  isMerge: boolean;
}

/**
 * Sends rows; resolves when Braintrust has them.
 * @returns whether nobody reads their memory any more
 * @throws Refusal, or Error where there was no answer
 */
export async function send(target: Target, rows: readonly JsonRow[], timeoutMs: number): Promise<boolean> {
  try {
    return await sendOnce(target, rows, timeoutMs);
  } catch (error) {
    if (!(error instanceof Unanswered && error.isStale)) throw error;
    // The kept connection may have been closed before the rows arrived, or after.
    return await sendOnce(
      target,
      rows.map(({ json }) => ({ json, isMerge: true })),
      timeoutMs,
    );
  }
}

async function sendOnce(target: Target, given: readonly JsonRow[], timeoutMs: number): Promise<boolean> {
  const ids = JSON.stringify(target.ids).slice(0, -1);
  const [whole, merge] = [Buffer.from(`${ids},`), Buffer.from(`${ids},"_is_merge":true,`)];
  const rows = given.map(({ json: { pieces }, isMerge }): Pieces => {
    const [first, ...others] = pieces;
    return [isMerge ? merge : whole, first?.subarray(1) ?? EMPTY, ...others];
  });
  const body = gathered([START, ...rows.flatMap((row, index) => (index === 0 ? row : [COMMA, ...row])), END]);
  const length = bytesIn(body);
  // A server that says nothing of it takes 6 MiB; only for a larger delivery is it asked.
  if (length > DEFAULT_MAX_BYTES / 2 && (await isTooLarge(target, length, timeoutMs))) {
    return overflow(target, rows, body, timeoutMs);
  }
  try {
    return await deliver(target, body, timeoutMs);
  } catch (error) {
    // It takes less than others do.
    if (!(error instanceof Refusal && error.status === 413 && (await isTooLarge(target, length, timeoutMs)))) throw error;
    return overflow(target, rows, body, timeoutMs);
  }
}

const [START, COMMA, END] = ['{"rows":[', ',', '],"api_version":2}'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];
const EMPTY = new Uint8Array();
/** Smaller pieces are put together sooner than they are handed on one by one. */
const LARGE_BYTES = 32 * 1024;

/** The same with small ones that are neighbours put together. */
function gathered(pieces: Pieces): Pieces {
  const result: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  const put = () => {
    if (small.length > 0) result.push(Buffer.concat(small));
    small = [];
  };
  for (const piece of pieces) {
    if (piece.length < LARGE_BYTES) small.push(piece);
    else {
      put();
      result.push(piece);
    }
  }
  put();
  return result;
}

async function deliver({ apiUrl, token, fetch }: Target, body: Pieces, timeoutMs: number): Promise<boolean> {
  const answer = await ask(join(apiUrl, 'logs3'), { token, headers: JSON_TYPE, body, timeoutMs, fetch, once: true });
  // A proxy's page with status 200 is no receipt.
  if (!isObject(answer.body)) throw new Unanswered(new URL(apiUrl).origin, 'garbage for an answer');
  return answer.isGone;
}

const JSON_TYPE = { 'content-type': 'application/json' };

const DEFAULT_MAX_BYTES = 6 * 1024 * 1024;

async function isTooLarge(target: Target, bytes: number, timeoutMs: number): Promise<boolean> {
  const { apiUrl, token, fetch } = target;
  const answer = await ask(join(apiUrl, 'version'), { method: 'GET', token, timeoutMs, fetch }).catch((error: unknown) => {
    if (mayPass(error)) throw error;
    return undefined; // it has no such page, and says nothing of a limit
  });
  const limit = object(answer?.body)?.logs3_payload_max_bytes;
  return typeof limit === 'number' && limit > 0 && bytes > limit;
}

/** What is too large for a delivery is uploaded to a place of its own, which the delivery then names. */
async function overflow(target: Target, rows: readonly Pieces[], body: Pieces, timeoutMs: number): Promise<boolean> {
  const { token, fetch } = target;
  const described = rows.map((row) => ({ object_ids: target.ids, is_delete: false, input_row: { byte_size: bytesIn(row) } }));
  const asked = { content_type: 'application/json', size_bytes: bytesIn(body), rows: described };
  const place = object((await ask(join(target.apiUrl, 'logs3/overflow'), { token, body: JSON.stringify(asked), timeoutMs, fetch })).body);
  const [url, key] = [string(place?.signedUrl), string(place?.key)];
  if (url === undefined || key === undefined) throw new Error('no place for an oversize delivery');
  const headers = headersOf(place?.headers, url);
  const fields = object(place?.fields);
  const put = { method: 'PUT', headers: { ...JSON_TYPE, ...headers }, body, timeoutMs, fetch };
  try {
    await (place?.method === 'POST' && fields ? postForm(url, fields, headers, body, timeoutMs, fetch) : ask(url, put));
  } catch (error) {
    throw error instanceof Refusal ? new Refusal(error.status, error.origin, error.retryAfterMs, true) : error;
  }
  await deliver(target, [Buffer.from(JSON.stringify({ rows: { type: 'logs3_overflow', key }, api_version: 2 }))], timeoutMs);
  return false;
}

/** An object store that takes a form instead of a body. */
async function postForm(
  url: string,
  fields: JsonObject,
  headers: Record<string, string>,
  body: Pieces,
  timeoutMs: number,
  fetch = globalThis.fetch,
): Promise<void> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
  form.append('file', new Blob([...body], { type: string(fields['Content-Type']) ?? 'application/json' }));
  const { 'content-type': _, ...others } = headers;
  const signal = AbortSignal.timeout(timeoutMs);
  let response: Response;
  try {
    response = await fetch(url, { method: 'POST', headers: others, body: form, signal });
  } catch (error) {
    throw new Unanswered(new URL(url).origin, reasonFor(error)); // a function of the application's may throw at once
  }
  if (!response.ok) throw new Refusal(response.status, new URL(url).origin);
}

/** The headers that an upload to a signed URL needs. */
export function headersOf(given: unknown, url: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(object(given) ?? {})) if (typeof value === 'string') headers[name.toLowerCase()] = value;
  if (/\.blob\.core\.windows\.net$/.test(new URL(url).hostname)) headers['x-ms-blob-type'] = 'BlockBlob';
  return headers;
}

/** @throws Refusal where the answer is not a success */
export async function ask(url: string, options: RequestOptions): Promise<Answer> {
  const answer = await request(url, options);
  if (answer.status < 200 || answer.status > 299) throw new Refusal(answer.status, new URL(url).origin, answer.retryAfterMs);
  return answer;
}

/** A path below a base that may have one of its own. */
export const join = (base: string, path: string): string => `${base.replace(/\/+$/, '')}/${path}`;
