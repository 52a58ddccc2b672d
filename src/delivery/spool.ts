import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { config, key } from '../config';
import { debug, guard } from '../guard';
import { isObject, object, objects, parseJson, string } from '../read';
import { say } from '../say';
import type { JsonObject } from '../types';
import { isKeyRefused, mayPass, reasonOf, type Target } from './api';
import { ownLogin } from './destination';
import type { Leftover } from './leftover';
import { login } from './login';
import { type File, type Progress, sendParcel } from './parcel';
import { reportLost, reportSpooled } from './told';

/*
 * Files of rows that could not be sent, in the directory that the user has named. A file is JSON: where its rows go, without a key, and the
 * rows. Who renames a file has it: two processes that start at once do not send it twice.
 */
const VERSION = 1;
const SUFFIX = '.braintrust-bedrock.json';
/** A claim older than this is one of a process that has not lived to send the file, in milliseconds. */
const STALE_MS = 10 * 60 * 1000;
const REQUEST_MS = 30_000;

/** Writes what is left to a file; true if that has worked. */
export function spool(left: Leftover[]): boolean {
  const { spoolDir } = config();
  if (spoolDir === undefined) return false;
  try {
    mkdirSync(spoolDir, { recursive: true, mode: 0o700 });
    const parcels = left.map(({ destination, rows, files }) => {
      const { projectId, projectName } = destination.login() ?? destination.project ?? {};
      return {
        ids: destination.target?.ids,
        login: { projectId, projectName },
        rows: rows.map(({ id, json }) => ({ id, json: json.toString() })),
        files: files.map(({ reference, binary: { data } }) => ({
          reference,
          data: typeof data === 'string' ? data : Buffer.from(data).toString('base64'),
        })),
      };
    });
    const name = `${Date.now()}-${process.pid}-${Math.random().toString(36).slice(2, 8)}${SUFFIX}`;
    // Under another name until it is whole: a process that starts now must not read half of it.
    writeFileSync(join(spoolDir, `${name}.part`), JSON.stringify({ version: VERSION, parcels }), { mode: 0o600 });
    renameSync(join(spoolDir, `${name}.part`), join(spoolDir, name));
    reportSpooled(left.reduce((sum, one) => sum + one.rows.length, 0));
    return true;
  } catch (error) {
    say(
      `the directory in BRAINTRUST_BEDROCK_SPOOL_DIR cannot be written (${error instanceof Error ? Reflect.get(error, 'code') : 'unknown'}).`,
    );
    return false;
  }
}

class Unreadable extends Error {}
class Refused extends Error {}

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
      debug(`${name} could not be sent (${reasonOf(error)})`);
      releaseClaims();
      if (error instanceof Unreadable) {
        say(`${file} is nothing that this version can read: it stays where it is.`);
        continue;
      }
      // What Braintrust does not take of one file says nothing of the next one.
      if (!(error instanceof Refused) && (mayPass(error) || isKeyRefused(error))) return;
    }
  }
}

async function sendFile(file: string): Promise<void> {
  const content = parseJson(readFileSync(file, 'utf8'));
  if (!isObject(content) || content.version !== VERSION) throw new Unreadable();
  for (const parcel of objects(content.parcels)) {
    const rows = objects(parcel.rows).map(({ id, json }) => ({ id: String(id), json: String(json), isMerge: true }));
    const files = Array.isArray(parcel.files) ? parcel.files.filter(isFile) : [];
    const progress: Progress = { rows: 0, files: 0, refused: [] };
    await sendParcel(await targetOf(parcel), { rows, files }, progress, () => REQUEST_MS);
    // Where none was taken, it may be something else than the rows: they stay.
    if (progress.refused.length === rows.length && rows.length > 0) throw new Refused(progress.reason);
    if (progress.refused.length > 0) reportLost(progress.refused.length, progress.reason ?? '');
  }
}

const isFile = (value: unknown): value is File => isObject(value) && isObject(value.reference) && typeof value.data === 'string';

/** With this process's account: a file says what its rows belong to, and never where a key is to be sent. */
async function targetOf(parcel: JsonObject): Promise<Target> {
  const own = ownLogin();
  if (!own) throw new Error('there is no key');
  const ids = object(parcel.ids);
  const { projectId, projectName } = object(parcel.login) ?? {};
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
