import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startBedrock } from '../demo/bedrock';
import { type Faults, type Row, startIngest } from '../demo/ingest';
import { isObject } from '../src/read';
import { environment, runProgram } from '../test/helpers/program';

/*
 * npm run soak -- --minutes 5 [--steady] [--healthy]
 *
 * A whole program under the hook calls Bedrock in every way, while Braintrust comes and goes; then the same program without the hook, for as
 * long. Is each call one span, does the heap grow no more than without, does nobody warn? (The SDK itself keeps something of streams that
 * nobody reads, and of those that are left or cut; --steady makes no such calls, and then the heap is to be flat.) Writes
 * bench/results/soak-<date>.json; exits with 1 where the answer is no.
 */
const { values } = parseArgs({ options: { minutes: { type: 'string' }, healthy: { type: 'boolean' }, steady: { type: 'boolean' } } });
const minutes = Number(values.minutes ?? 5);

/** What Braintrust does, one after the other, each for some seconds. Well in between. */
const WEATHER: readonly Faults[] = [
  { login: { status: 503 } },
  { rows: { status: 503 } },
  { down: true },
  { delayMs: 1500 },
  { rows: 'reset' },
  { rows: 'lost' },
  { rows: 'half' },
  { rows: { status: 429 } },
  { rows: 'garbage' },
  { rows: { status: 401 } },
  { rows: 'hang' },
  { others: 'reset' },
];
const FAULT_MS = 3000;
const WELL_MS = 3000;

async function main(): Promise<void> {
  const spool = mkdtempSync(path.join(tmpdir(), 'soak-'));
  const [bedrock, ingest] = await Promise.all([startBedrock(), startIngest({ keep })]);
  const steady = values.steady ? { STEADY: '1' } : {};
  const env = environment(bedrock, ingest, { MINUTES: String(minutes), BRAINTRUST_BEDROCK_SPOOL_DIR: spool, ...steady });
  const hook = ['--import', './hook.mjs'];
  const weather = new AbortController();
  const changing = values.healthy ? undefined : change(ingest.set, weather.signal);
  const emptied = setInterval(() => {
    bedrock.requests.length = 0;
    ingest.attachments.clear();
  }, 1000);

  const { code, stdout, stderr } = await runProgram([...hook, '--expose-gc', 'bench/soak/application.mjs'], { ...env, HOOKED: '1' });
  weather.abort();
  await changing;
  await ingest.set({});
  // what is in the spool is sent by whoever comes next
  for (let round = 0; round < 3 && readdirSync(spool).length > 0; round++) {
    await runProgram([...hook, 'test/programs/many.mjs'], { ...env, CALLS: '1', STREAMS: '0' });
  }
  const bare = await runProgram(['--expose-gc', 'bench/soak/application.mjs'], env);
  clearInterval(emptied);
  const spooled = readdirSync(spool).length;
  rmSync(spool, { recursive: true });
  await Promise.all([bedrock.close(), ingest.close()]);

  const application = toldBy(stdout);
  const report = {
    minutes,
    code,
    ...spans(ingest.spans(), Number(application.count)),
    heap: growth(application),
    without: growth(toldBy(bare.stdout)),
    application,
    stderr,
    spooled,
  };
  const problems = wrong(report);
  mkdirSync(path.join(__dirname, 'results'), { recursive: true });
  const name = `soak${values.steady ? '-steady' : ''}-${new Date().toISOString().slice(0, 10)}.json`;
  const file = path.join(__dirname, 'results', name);
  writeFileSync(file, JSON.stringify({ problems, node: process.version, ...report }));
  spawnSync('npx', ['biome', 'format', '--write', file]);
  const { heap: _, ...shown } = application;
  console.log(JSON.stringify({ ...report, application: shown }, null, 1));
  for (const problem of problems) console.log(`PROBLEM ${problem}`);
  console.log(problems.length === 0 ? `one span for each of ${application.count} calls` : `${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

function toldBy(stdout: string): Record<string, unknown> {
  const told: unknown = JSON.parse(stdout || '{}');
  return isObject(told) ? told : {};
}

async function change(set: (faults: Faults) => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let index = 0; !signal.aborted; index++) {
    await set(WEATHER[index % WEATHER.length] ?? {});
    await sleep(FAULT_MS, undefined, { signal }).catch(() => {});
    await set({});
    await sleep(WELL_MS, undefined, { signal }).catch(() => {});
  }
}

const MARK = /call-(\d+)-/;

/** What is counted, and no more: there are very many rows. */
function keep({ id, _is_merge, span_attributes, input, output, error, metadata }: Row): Row {
  const mark = MARK.exec(JSON.stringify([input, output, error, metadata]))?.[1];
  return {
    id,
    ...(_is_merge && { _is_merge }),
    ...(span_attributes?.name !== undefined && { span_attributes: { name: span_attributes.name } }),
    ...(mark !== undefined && { input: mark }),
    ...(typeof metadata?.streamStatus === 'string' && { metadata: { streamStatus: metadata.streamStatus } }),
  };
}

/** Rows that no call has alone: an answer in a session, a job. */
const BESIDE = new Set(['bedrock.realtime.response', 'bedrock.asyncInvoke']);

function spans(rows: Row[], calls: number) {
  const times = new Map<string, number>();
  const byName: Record<string, number> = {};
  const byStatus: Record<string, number> = {};
  let unmarked = 0;
  for (const { span_attributes, input, metadata } of rows) {
    const name = span_attributes?.name ?? 'no name';
    byName[name] = (byName[name] ?? 0) + 1;
    if (BESIDE.has(name)) continue;
    if (typeof input === 'string') times.set(input, (times.get(input) ?? 0) + 1);
    else unmarked++;
    if (typeof metadata?.streamStatus === 'string') byStatus[metadata.streamStatus] = (byStatus[metadata.streamStatus] ?? 0) + 1;
  }
  const missing = Array.from({ length: calls || 0 }, (_, index) => `${index}`).filter((mark) => !times.has(mark));
  const twice = [...times].filter(([, count]) => count > 1).map(([mark]) => mark);
  return {
    calls,
    marked: times.size,
    missing: missing.length,
    missed: missing.slice(0, 20),
    twice: twice.length,
    unmarked,
    byName,
    byStatus,
  };
}

/** The heap after collection, when all is delivered: at the first rests and at the last, and the slope of a line through all but the first. */
function growth({ heap }: Record<string, unknown>) {
  const rests = (Array.isArray(heap) ? heap : [])
    .filter(isObject)
    .map(({ calls, heapUsed }) => ({ calls: Number(calls), KB: Number(heapUsed) / 1024 }))
    .slice(1);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [calls, KB] = [mean(rests.map((rest) => rest.calls)), mean(rests.map((rest) => rest.KB))];
  const slope = mean(rests.map((rest) => (rest.calls - calls) * (rest.KB - KB))) / mean(rests.map((rest) => (rest.calls - calls) ** 2));
  return { rests: rests.length, firstKB: rests[0]?.KB, lastKB: rests.at(-1)?.KB, KBPerCall: slope };
}

/** What a call may leave in the heap, over what the SDK leaves of it. */
const MOST_KB = 0.1;

type Report = ReturnType<typeof spans> & {
  heap: ReturnType<typeof growth>;
  without: ReturnType<typeof growth>;
  code: number | null;
  application: Record<string, unknown>;
  spooled: number;
};

function wrong({ code, missing, twice, heap, without, application, spooled }: Report): string[] {
  const said = Array.isArray(application.said) ? application.said.filter((line) => /MaxListeners|unhandled/.test(String(line))) : [];
  return [
    ...(code === 0 ? [] : [`the application ended with ${code}`]),
    ...(missing > 0 ? [`${missing} calls have no span`] : []),
    ...(twice > 0 ? [`${twice} calls have more than one span`] : []),
    ...(heap.KBPerCall < (values.steady ? 0 : without.KBPerCall) + MOST_KB
      ? []
      : [`the heap grows by ${heap.KBPerCall} KB a call, without the hook by ${without.KBPerCall}`]),
    ...(spooled > 0 ? [`${spooled} files are left in the spool`] : []),
    ...said.map(String),
  ];
}

void main();
