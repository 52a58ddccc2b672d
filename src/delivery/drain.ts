import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { debug } from '../guard';
import { isObject, parseJson } from '../read';
import type { Login, Target } from './api';
import { take } from './index';
import type { Pending } from './lane';

/** What the sender is told, on its standard input: a key must not be among the arguments or in the environment of a process. */
export interface Order {
  timeoutMs: number;
  deliveries: Delivery[];
}

export interface Delivery {
  target: Target | undefined;
  login: Login | undefined;
  rows: { json: string; isMerge: boolean }[];
}

const SENDER = join(__dirname, 'sender.js');
/** What a process needs to reach the network as this one does. Nothing else of the environment is handed on. */
const HANDED_ON = /^(NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|NODE_USE_ENV_PROXY|https?_proxy|no_proxy|PATH|SystemRoot|LD_LIBRARY_PATH)$/i;

/** Has the rows sent by another process, and waits for it: no more than `timeoutMs`. */
export function sendSynchronously(lanes: Pending[], timeoutMs: number): void {
  if (timeoutMs === 0 || !existsSync(SENDER)) return;
  const order: Order = {
    timeoutMs: Math.max(100, timeoutMs - 100),
    deliveries: lanes.map(({ destination, rows }) => ({
      target: destination.target,
      login: destination.target ? undefined : destination.login(),
      // What this process has already tried to send may have arrived.
      rows: rows.map(({ json }) => ({ json, isMerge: true })),
    })),
  };
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => HANDED_ON.test(name)));
  const { stdout, error } = spawnSync(process.execPath, [SENDER], {
    input: JSON.stringify(order),
    env: { ...env, ...(process.versions.electron && { ELECTRON_RUN_AS_NODE: '1' }) },
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
  });
  if (error) debug('the last rows were not sent', error);
  const answer = parseJson(String(stdout ?? ''));
  const sent = isObject(answer) && Array.isArray(answer.sent) ? answer.sent : [];
  for (const [index, { destination }] of lanes.entries()) take(destination, Number(sent[index]) || 0);
}
