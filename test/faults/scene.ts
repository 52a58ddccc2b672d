import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bedrock, startBedrock } from '../../demo/bedrock';
import { type Ingest, type Row, startIngest } from '../../demo/ingest';
import { environment } from '../helpers/program';

export const ROOT = join(__dirname, '../..');
export const PROGRAM = join(ROOT, 'test/programs/ends.cjs');

/** How a process went, as its parent sees it. */
export interface Seen {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** From the moment that its work was done until it was gone, in milliseconds. */
  ms: number;
}

/** What goes wrong, and what should be the outcome. */
export interface Fault {
  name: string;
  /** The argument of test/programs/ends.cjs. */
  how: string;
  env?: Record<string, string>;
  /** What is wrong with the ingest before the program starts, and while it runs. */
  ingest?: (ingest: Ingest) => Promise<void>;
  /** Rows that have to arrive: 3 where this is absent. */
  rows?: number;
  /** How many of them are of calls that had not ended. */
  incomplete?: number;
  /** Rows that do not arrive are in the spool. */
  spool?: boolean;
  /** Our own lines on stderr: one, or one at once and one at the end. */
  said?: RegExp;
  /** How much later than without the hook the program may end, in milliseconds: 2000 where this is absent. */
  laterMs?: number;
  /** It takes long: only in `npm run test:faults`. */
  long?: boolean;
}

export interface Outcome {
  without: Seen;
  with: Seen;
  /** Our own lines on stderr, which `with` is without. */
  said: string[];
  laterMs: number;
  rows: Row[];
  /** Files in the spool. */
  spooled: number;
  /** Rows that arrived more than once and not as a merge. */
  doubled: number;
}

/** Runs the program with and without the hook, against the same faults. */
export async function play({ how, env = {}, ingest: prepare, spool }: Fault, own: boolean, node = process.execPath): Promise<Outcome> {
  const [bedrock, ingest] = await Promise.all([slowBedrock(), startIngest()]);
  const spoolDir = spool ? mkdtempSync(join(tmpdir(), 'spool-')) : undefined;
  try {
    const all = {
      ...env,
      ...(own && { OWN: '1' }),
      BRAINTRUST_PROJECT: 'faults',
      BRAINTRUST_BEDROCK_SPOOL_DIR: spoolDir,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    };
    const run = async (options?: string) => {
      return runNode(node, [PROGRAM, how], environment(bedrock, ingest, { ...all, NODE_OPTIONS: options }));
    };
    // Without the hook nothing is sent, so that both can share one outage, and its time.
    const during = prepare?.(ingest);
    const [without, result] = await Promise.all([run(), run(`--import ${join(ROOT, 'hook.mjs')}`)]);
    await during;
    // What was on its way when the process ended arrives a moment later.
    await sleep(50);
    const rows = ingest.rows();
    const whole = rows.filter((row) => row._is_merge !== true).map(({ id }) => id);
    const lines = result.stderr.split(/(?<=\n)/);
    return {
      without,
      with: { ...result, stderr: lines.filter((line) => !isOurs(line)).join('') },
      said: lines.filter(isOurs).map((line) => line.trim()),
      laterMs: result.ms - without.ms,
      rows: ingest.spans(),
      spooled: spoolDir ? readdirSync(spoolDir).length : 0,
      doubled: whole.length - new Set(whole).size,
    };
  } finally {
    await Promise.all([bedrock.close(), ingest.close()]);
    if (spoolDir) rmSync(spoolDir, { recursive: true });
  }
}

/** What is wrong with an outcome, as a person would say it. */
export function complaints(fault: Fault, outcome: Outcome): string[] {
  const { rows = 3, incomplete = 0, laterMs = 2000, said = /^$/ } = fault;
  const found: string[] = [];
  for (const key of ['code', 'signal', 'stdout', 'stderr'] as const) {
    const [without, now] = [outcome.without[key], outcome.with[key]];
    if (without !== now) found.push(`${key}: ${JSON.stringify(now)} instead of ${JSON.stringify(without)}`);
  }
  // On a busy machine.
  if (outcome.laterMs > laterMs + 2000) found.push(`${outcome.laterMs} ms later`);
  if (outcome.rows.length !== rows) found.push(`${outcome.rows.length} rows instead of ${rows}`);
  const unfinished = outcome.rows.filter(({ metadata }) => metadata?.streamStatus === 'incomplete').length;
  if (unfinished !== incomplete) found.push(`${unfinished} incomplete rows instead of ${incomplete}`);
  if (outcome.doubled > 0) found.push(`${outcome.doubled} rows came twice`);
  if (fault.spool && outcome.spooled !== 1) found.push(`${outcome.spooled} files in the spool`);
  const told = outcome.said.length === 0 ? [''] : outcome.said;
  if (told.length > 2 || !told.every((line) => said.test(line))) found.push(`said: ${outcome.said.join(' | ') || 'nothing'}`);
  return found;
}

const isOurs = (line: string) => line.startsWith('braintrust-bedrock:');

export function slowBedrock(): Promise<Bedrock> {
  return startBedrock({
    chunkMs: 5,
    async respond({ body }) {
      if (JSON.stringify(body ?? '').includes('"slow"')) await sleep(3000, undefined, { ref: false });
      return undefined;
    },
  });
}

export async function runNode(node: string, args: string[], env: NodeJS.ProcessEnv): Promise<Seen> {
  const child = spawn(node, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe', 'pipe'], timeout: 150_000, killSignal: 'SIGKILL' });
  const ended = new Promise<number>((resolve) => child.on('exit', () => resolve(Date.now())));
  const [, out, err, marks] = child.stdio;
  if (!out || !err || !(marks instanceof Readable)) throw new Error('no pipes');
  const [stdout, stderr, marked, at] = await Promise.all([text(out), text(err), text(marks), ended]);
  const done = Number(marked.trim().split('\n').at(-1)) || at;
  return { code: child.exitCode, signal: child.signalCode, stdout, stderr, ms: at - done };
}
