import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { random } from '../families/random';
import { superlinear } from './growth';
import { type Call, check, spanOf, trace } from './line';
import { mutant } from './mutate';
import { seeds } from './seeds';
import { splits } from './split';

/*
 * npm run fuzz -- --minutes 10 --seed 7
 *
 * Calls with real shapes, changed at random, on the real line from `traceSend` to the row. What does not hold is written to corpus/ as a call
 * that `npm test` makes again: it fails until the cause is mended, and stays. The same seed makes the same calls.
 */
const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' }, from: { type: 'string' } } });
const minutes = Number(values.minutes ?? 1 / 3);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
/** CPU time that a call of a hundred megabytes may take here; growth.ts looks at how time grows. */
const MOST_MS = 8000;

async function main(): Promise<void> {
  console.log(`fuzzing for ${minutes} min, seed ${seed}`);
  const real = await seeds();
  for (const call of real) await attempt(call, 'unchanged');
  const until = Date.now() + minutes * 60_000;
  let round = Number(values.from ?? 0);
  for (; Date.now() < until; round++) {
    const next = random(seed * 1_000_003 + round);
    const call = real[Math.floor(next() * real.length)];
    if (call) await attempt(mutant(call, next), `round ${round}`);
    if (call?.events && round % 10 === 0) await attemptSplit(call, next, `round ${round}`);
    if (round % 2000 === 1999) console.log(`${round + 1} calls, ${findings} findings`);
  }
  if (!values.from) for (const what of await superlinear()) tell(what);
  console.log(`${round} calls, ${findings} findings (seed ${seed})`);
  process.exitCode = findings > 0 ? 1 : 0;
}

let findings = 0;
const known = new Set<string>();

async function attempt(call: Call, where: string): Promise<void> {
  try {
    const { ms } = await check(call);
    if (ms > MOST_MS) throw new Error(`it took ${Math.round(ms)} ms`);
  } catch (error) {
    found(call, where, error);
  }
}

/** A stream whose texts come in other pieces leaves the same span. */
async function attemptSplit(call: Call, next: () => number, where: string): Promise<void> {
  const split = splits(call, next);
  const [one, other] = [await trace(call), await trace(split)];
  if (spanOf(one.rows) !== spanOf(other.rows)) found(split, where, new Error('another span than that of the whole stream'));
}

function found(call: Call, where: string, error: unknown): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const kind = message.replace(/\d+/g, 'N').slice(0, 160);
  if (known.has(kind)) return;
  known.add(kind);
  tell(`${where}, ${call.operation}: ${message}`);
  const folder = path.join(__dirname, 'corpus');
  mkdirSync(folder, { recursive: true });
  const name = `found-${seed}-${where.replace(/\D/g, '') || 'unchanged'}.json`;
  writeFileSync(path.join(folder, name), `${JSON.stringify({ about: message.split('\n')[0], ...call })}\n`);
  console.log(`  → test/fuzz/corpus/${name}`);
}

function tell(what: string): void {
  findings++;
  console.log(`FINDING ${what}`);
}

void main();
