import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { config } from '../config';
import { debug } from '../guard';
import { isObject, object, objects, parseJson, string } from '../read';
import type { Leftover } from './leftover';
import type { Parcel, Progress } from './parcel';
import { PROXIES, usesProxies } from './request';

/** What the sender is told, on its standard input: a key must not be among the arguments or in the environment of a process. */
export interface Order {
  timeoutMs: number;
  /** What is not sent now is lost: there is no spool. */
  isLast: boolean;
  parcels: Parcel[];
  /** The proxies to be used, which may have passwords. */
  proxies: Record<string, string>;
}

/** How far the sender came with a parcel, and why not further. */
export type Sent = Progress;

const SENDER = join(__dirname, 'sender.js');
/** What a process needs to start as this one did. Nothing else of the environment is handed on. */
const HANDED_ON = /^(NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|PATH|SystemRoot|LD_LIBRARY_PATH)$/i;

/** Has what is left sent by another process, and waits for it: no more than `timeoutMs`. Says how far it came with each. */
export function sendSynchronously(leftovers: Leftover[], timeoutMs: number): Sent[] {
  if (timeoutMs === 0 || !existsSync(SENDER)) return [];
  const order: Order = {
    timeoutMs: Math.max(100, timeoutMs - 100),
    isLast: config().spoolDir === undefined,
    parcels: leftovers.map(({ destination, rows, files }) => ({
      target: destination.target,
      login: destination.target ? undefined : destination.login(),
      // What this process has already tried to send may have arrived.
      rows: rows.map(({ id, json }) => ({ id, json: json.toString(), isMerge: true })),
      files: files.map(({ reference, binary: { data } }) => ({
        reference,
        data: typeof data === 'string' ? data : Buffer.from(data).toString('base64'),
      })),
    })),
    proxies: environment((name) => usesProxies() && PROXIES.test(name)),
  };
  // Few processes end like this; each would have it loaded before its first call.
  const { spawnSync }: typeof import('node:child_process') = require('node:child_process');
  const { stdout, error } = spawnSync(process.execPath, [SENDER], {
    input: JSON.stringify(order),
    env: { ...environment((name) => HANDED_ON.test(name)), ...(process.versions.electron && { ELECTRON_RUN_AS_NODE: '1' }) },
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
  });
  if (error) debug('the last rows were not sent', error);
  const answer = parseJson(String(stdout ?? ''));
  const sent = objects(isObject(answer) ? answer.sent : undefined).map((item) => object(item) ?? {});
  return sent.map(({ rows, files, refused, reason }) => ({
    rows: Number(rows) || 0,
    files: Number(files) || 0,
    refused: Array.isArray(refused) ? refused.map(Number) : [],
    reason: string(reason),
  }));
}

function environment(isWanted: (name: string) => boolean): Record<string, string> {
  const wanted: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined && isWanted(name)) wanted[name] = value;
  return wanted;
}
