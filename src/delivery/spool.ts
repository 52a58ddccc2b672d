import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { config, key } from '../config';
import { debug, guard } from '../guard';
import { isObject, object, objects, parseJson, string } from '../read';
import { say } from '../say';
import type { JsonObject } from '../types';
import { login, send, type Target } from './api';
import { ownLogin } from './destination';
import type { Pending } from './lane';

/*
 * Files of rows that could not be sent, in the directory that the user has named. A file is JSON: where its rows go, without a key, and the
 * rows. Who renames a file has it: two processes that start at once do not send it twice.
 */
const SUFFIX = '.braintrust-bedrock.json';
/** A claim older than this is one of a process that has not lived to send the file, in milliseconds. */
const STALE_MS = 10 * 60 * 1000;
const REQUEST_MS = 30_000;
const BATCH_ROWS = 500;

/** Writes the rows to a file; true if that has worked. */
export function spool(lanes: Pending[]): boolean {
  const { spoolDir } = config();
  if (spoolDir === undefined) return false;
  try {
    mkdirSync(spoolDir, { recursive: true, mode: 0o700 });
    const deliveries = lanes.map(({ destination, rows }) => {
      const { projectId, projectName } = destination.login() ?? {};
      return { ids: destination.target?.ids, login: { projectId, projectName }, rows: rows.map(({ json }) => json) };
    });
    const name = `${Date.now()}-${process.pid}-${Math.random().toString(36).slice(2, 8)}${SUFFIX}`;
    // Under another name until it is whole: a process that starts now must not read half of it.
    writeFileSync(join(spoolDir, `${name}.part`), JSON.stringify({ version: 1, deliveries }), { mode: 0o600 });
    renameSync(join(spoolDir, `${name}.part`), join(spoolDir, name));
    const rows = lanes.reduce((sum, lane) => sum + lane.rows.length, 0);
    say(`${rows} ${rows === 1 ? 'span is' : 'spans are'} in ${spoolDir}: the next process with this directory sends them.`);
    return true;
  } catch (error) {
    say(
      `the directory in BRAINTRUST_BEDROCK_SPOOL_DIR cannot be written (${error instanceof Error ? Reflect.get(error, 'code') : 'unknown'}).`,
    );
    return false;
  }
}

/** The files that this process is sending, by the name that they have in the meantime. */
const claims = new Map<string, string>();

/** Gives the files back that have not been sent: the process ends. */
export function releaseClaims(): void {
  for (const [claimed, file] of claims) guard('spool', () => renameSync(claimed, file));
  claims.clear();
}

/** Sends what earlier processes have left, one file after the other. A file that cannot be sent stays for the next process. */
export async function sendSpooled(): Promise<void> {
  const { spoolDir } = config();
  if (spoolDir === undefined || key() === undefined) return;
  guard('stale claims', () => releaseStale(spoolDir));
  for (const name of filesIn(spoolDir).filter((file) => file.endsWith(SUFFIX))) {
    const file = join(spoolDir, name);
    const claimed = `${file}.${process.pid}.sending`;
    try {
      renameSync(file, claimed);
      utimesSync(claimed, new Date(), new Date());
    } catch {
      continue; // somebody else has it
    }
    claims.set(claimed, file);
    try {
      await sendFile(claimed);
      if (claims.delete(claimed)) unlinkSync(claimed);
    } catch (error) {
      debug(`${name} could not be sent`, error);
      return releaseClaims();
    }
  }
}

async function sendFile(file: string): Promise<void> {
  const content = parseJson(readFileSync(file, 'utf8'));
  for (const delivery of objects(isObject(content) ? content.deliveries : undefined)) {
    const rows = (Array.isArray(delivery.rows) ? delivery.rows : []).map((json: unknown) => ({ json: String(json), isMerge: true }));
    const target = await targetOf(delivery);
    for (let from = 0; from < rows.length; from += BATCH_ROWS) await send(target, rows.slice(from, from + BATCH_ROWS), REQUEST_MS);
  }
}

/** With this process's account: a file says what its rows belong to, and never where a key is to be sent. */
async function targetOf(delivery: JsonObject): Promise<Target> {
  const own = ownLogin();
  if (!own) throw new Error('there is no key');
  const ids = object(delivery.ids);
  const { projectId, projectName } = object(delivery.login) ?? {};
  const named = ids ? { projectId: 'known' } : { projectId: string(projectId), projectName: string(projectName) };
  const target = await login({ ...own, ...named }, REQUEST_MS);
  return ids ? { ...target, ids } : target;
}

function releaseStale(spoolDir: string): void {
  for (const name of filesIn(spoolDir)) {
    const [, original] = /^(.*\.json)\.\d+\.sending$/.exec(name) ?? [];
    if (original === undefined) continue;
    const path = join(spoolDir, name);
    if (Date.now() - statSync(path).mtimeMs > STALE_MS) renameSync(path, join(spoolDir, original));
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
