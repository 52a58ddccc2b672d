import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { isObject, object, objects, parseJson, string } from '../src/read';
import type { JsonObject } from '../src/types';
import { ACTS, answerWrongly, type Fault } from './ingest-faults';

/** A row as it was sent: one span, or a part of one where `_is_merge` is set. */
export interface Row extends JsonObject {
  id: string;
  span_id?: string;
  root_span_id?: string;
  span_parents?: string[];
  span_attributes?: JsonObject & { name?: string; type?: string };
  input?: unknown;
  output?: unknown;
  metadata?: JsonObject;
  metrics?: JsonObject & { start?: number; end?: number };
  error?: unknown;
  _is_merge?: boolean;
}

export interface IngestOptions {
  /** The port on 127.0.0.1; a free one without it. */
  port?: number;
  /** How many deliveries (`/logs3`) fail before one succeeds. */
  failFirst?: number;
  /** How many logins fail before one succeeds. */
  loginFailFirst?: number;
  /** The status of what fails: 503 without it. */
  status?: number;
  /** A delay before every answer. */
  delayMs?: number;
  /** The largest delivery that `/version` announces; a larger one is uploaded as an overflow. */
  maxBytes?: number;
  /** What the URLs of uploads are signed with, and a header that comes with them. */
  signature?: string;
  /** What is kept of a row: all of it without this. For tests that send more than there is memory. */
  keep?: (row: Row) => Row;
}

/** What is wrong from now on. */
export interface Faults {
  login?: Fault;
  /** Of deliveries. */
  rows?: Fault;
  /** Of all else: projects, version, attachments, overflows. */
  others?: Fault;
  /** Of the object store that files go to. */
  uploads?: Fault;
  /** A delay before every answer. */
  delayMs?: number;
  /** Nobody listens at the port: connections are refused, and those that are open are reset. */
  down?: boolean;
}

interface IngestRequest {
  method: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  /** The length of the body, unzipped. */
  bytes: number;
  /** 0 where no answer was sent. */
  status: number;
}

/** A Braintrust on loopback that keeps what it is sent. */
export interface Ingest {
  url: string;
  /** What a process needs in its environment to log here. */
  env: Record<string, string>;
  /** Every row as it was sent, in the order of arrival. */
  rows(): Row[];
  /** The rows as the service shows them: one for each id, merged. */
  spans(): Row[];
  /** Every HTTP request so far. */
  requests: IngestRequest[];
  /** What was uploaded, by the key that the rows refer to. */
  attachments: Map<string, Buffer>;
  /** Puts these faults in the place of those there were; `{}`: all is well from now on. Resolves when they hold. */
  set(faults: Faults): Promise<void>;
  /** Resolves with the spans as soon as the predicate holds for them; rejects after `ms` with what is there. */
  waitFor(predicate: (spans: Row[]) => boolean, ms?: number): Promise<Row[]>;
  close(): Promise<void>;
}

/**
 * Starts the part of Braintrust's API that its SDK uses: login, projects, rows (plain, zipped, overflowing), attachments.
 *
 * @example
 * const ingest = await startIngest({ failFirst: 2 });
 * const [span] = await ingest.waitFor((spans) => spans.length === 1);
 */
export async function startIngest(options: IngestOptions = {}): Promise<Ingest> {
  const { status: badStatus = 503, keep = (row: Row) => row } = options;
  const rows: Row[] = [];
  const requests: IngestRequest[] = [];
  const attachments = new Map<string, Buffer>();
  const overflows = new Map<string, Buffer>();
  const left = { login: options.loginFailFirst ?? 0, logs: options.failFirst ?? 0 };
  let faults: Faults = {};
  let url = '';

  const { signature } = options;
  const signed = signature ? `?X-Amz-Signature=${signature}` : '';
  const headers = signature ? { 'x-amz-security-token': signature } : {};

  const unavailable = { status: badStatus, json: { error: 'unavailable' } };

  function logs(body: JsonObject): Reaction {
    if (left.logs-- > 0) return unavailable;
    const overflow = string(object(body.rows)?.key);
    const source = overflow === undefined ? body : object(parseJson(overflows.get(overflow)?.toString('utf8') ?? ''));
    const arrived = objects(source?.rows).filter(isRow);
    for (const row of arrived) rows.push(keep(row));
    return { json: { ids: arrived.map(({ id }) => id) } };
  }

  const routes: Record<string, (body: JsonObject) => Reaction> = {
    'POST /api/apikey/login': () => {
      if (left.login-- > 0) return unavailable;
      return { json: { org_info: [{ id: 'org', name: 'Demo', api_url: url, proxy_url: url, realtime_url: url, is_universal_api: true }] } };
    },
    'POST /api/project/register': (body) => {
      const name = string(body.project_name) ?? string(body.project_id) ?? 'project';
      return { json: { project: { id: `project-${name}`, name, org_id: 'org' } } };
    },
    'GET /version': () => ({ json: { version: '1.0.0', logs3_payload_max_bytes: options.maxBytes ?? null } }),
    'POST /logs3': logs,
    'POST /logs3/overflow': () => {
      const key = randomUUID();
      return { json: { method: 'PUT', signedUrl: `${url}/overflow/${key}${signed}`, headers, key } };
    },
    'POST /attachment': (body) => ({
      json: { signedUrl: `${url}/upload/${encodeURIComponent(string(body.key) ?? '')}${signed}`, headers },
    }),
    'POST /attachment/status': () => ({ json: {} }),
  };

  function react(method: string, path: string, body: Buffer): Reaction {
    const [, folder, key = ''] = path.split('/');
    if (method === 'PUT' && folder === 'upload') attachments.set(decodeURIComponent(key), body);
    else if (method === 'PUT' && folder === 'overflow') overflows.set(key, body);
    else
      return routes[`${method} ${path}`]?.(object(parseJson(body.toString('utf8'))) ?? {}) ?? { status: 404, json: { error: 'not found' } };
    return { json: {} };
  }

  const faultOf = (method: string, path: string): Fault | undefined => {
    if (path === '/api/apikey/login') return faults.login;
    if (method === 'PUT' && faults.uploads) return faults.uploads;
    return method === 'POST' && path === '/logs3' ? faults.rows : faults.others;
  };

  const server = http.createServer((request, response) => {
    void readBody(request).then(async (body) => {
      const { method = '', headers } = request;
      const path = new URL(request.url ?? '/', 'http://localhost').pathname;
      const delayMs = faults.delayMs ?? options.delayMs ?? 0;
      if (delayMs > 0) await sleep(delayMs);
      const fault = faultOf(method, path);
      const { status = 200, json }: Reaction = fault && !ACTS.has(fault) ? { json: {} } : react(method, path, body);
      const sent = fault ? answerWrongly(fault, response, JSON.stringify(json)) : status;
      requests.push({ method, path, headers, bytes: body.length, status: sent });
      if (!fault) response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
    }, ignore);
  });
  const port = await listen(server, options.port ?? 0);
  url = `http://127.0.0.1:${port}`;

  return {
    url,
    env: { BRAINTRUST_API_KEY: 'sk-demo', BRAINTRUST_APP_URL: url, BRAINTRUST_API_URL: url },
    rows: () => rows,
    spans: () => mergeRows(rows),
    requests,
    attachments,
    set: async (next) => {
      faults = next;
      if (next.down === true && server.listening) await stop(server);
      else if (next.down !== true && !server.listening) await listen(server, port);
    },
    waitFor: async (predicate, ms = 5000) => {
      for (const deadline = Date.now() + ms; Date.now() < deadline; await sleep(10)) {
        const spans = mergeRows(rows);
        if (predicate(spans)) return spans;
      }
      const names = mergeRows(rows).map(({ span_attributes }) => span_attributes?.name ?? '?');
      throw new Error(`embedded ingest: not seen within ${ms} ms; spans: ${names.join(', ') || 'none'}`);
    },
    close: () => stop(server),
  };
}

/** The port that it listens at. */
async function listen(server: http.Server, port: number): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}

function stop(server: http.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/**
 * The rows as the service keeps them: by project and id, in the order of arrival. A row with `_is_merge` is merged deeply into what
 * stands (objects by key, everything else replaced); a row without it replaces what stands.
 */
export function mergeRows(rows: Row[]): Row[] {
  const merged = new Map<string, Row>();
  for (const row of rows) {
    const key = `${String(row.project_id ?? row.experiment_id ?? row.log_id)}|${row.id}`;
    const stands = merged.get(key);
    merged.set(key, stands && row._is_merge === true ? { ...mergeDeep(stands, row), id: row.id } : { ...row });
  }
  return [...merged.values()];
}

interface Reaction {
  status?: number;
  json: unknown;
}

function mergeDeep(into: JsonObject, from: JsonObject): JsonObject {
  const result = { ...into };
  for (const [key, value] of Object.entries(from)) {
    const had = result[key];
    result[key] = isObject(had) && isObject(value) ? mergeDeep(had, value) : value;
  }
  return result;
}

function isRow(value: JsonObject): value is Row {
  return typeof value.id === 'string';
}

async function readBody(request: http.IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  const body = Buffer.concat(pieces);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

function ignore(): void {}
