import { complaint, runProgram } from '../apps/run';
import { FORMS, type Form } from './forms';
import { installNode, installSdk, type Runtime, type Sdk } from './install';

/** The first Node that `engines` allows, and the newest of each line. */
const NODES = ['20.6.0', '20', '22', '24', '26'];
/** The first SDK that the peer range allows, three on the way, and the one that is installed here. */
const SDKS = ['3.422.0', '3.587.0', '3.872.0', '3.1040.0', 'newest'];
const LANES = 2;

interface Cell {
  runtime: Runtime;
  form: Form;
  sdk: Sdk;
  /** A second version, for the program that loads two. */
  other: Sdk;
  result: string;
  /** Whether the result is one span a call, or has a reason that is not ours. */
  good: boolean;
}

/** Each load form as a whole program, on each Node, with each SDK: `1` is one span a call. */
async function main(): Promise<void> {
  const runtimes = await inTurn(NODES, installNode);
  const sdks = await inTurn(SDKS, installSdk);
  const cells: Cell[] = [];
  for (const runtime of runtimes) {
    for (const form of FORMS) {
      for (const [index, sdk] of sdks.entries())
        cells.push({ runtime, form, sdk, other: sdks.at(index - 1) ?? sdk, result: '', good: false });
    }
  }
  const start = Date.now();
  const queue = cells.values();
  await Promise.all(Array.from({ length: LANES }, () => drain(queue)));
  print(cells, runtimes, sdks);
  const bad = cells.filter(({ good }) => !good);
  for (const { runtime, sdk, form, result } of bad) console.log(`Node ${runtime.version}, SDK ${sdk.version}, ${form.name}: ${result}`);
  console.log(`${cells.length} cells, ${bad.length} bad, ${Math.round((Date.now() - start) / 1000)} s`);
  process.exitCode = bad.length === 0 ? 0 : 1;
}

async function inTurn<From, To>(values: readonly From[], task: (value: From) => Promise<To>): Promise<To[]> {
  const results: To[] = [];
  for (const value of values) results.push(await task(value));
  return results;
}

async function drain(queue: Iterable<Cell>): Promise<void> {
  for (const cell of queue) Object.assign(cell, await fill(cell));
}

async function fill({ runtime, form, sdk, other }: Cell): Promise<Pick<Cell, 'result' | 'good'>> {
  const reason = form.without?.(numbers(runtime.version), numbers(sdk.version));
  if (reason !== undefined) return { result: reason, good: true };
  const outcome = await runProgram({
    node: runtime.node,
    args: [...(form.flags ?? []), `${sdk.apps}/${form.program}`],
    cwd: sdk.apps,
    env: { NODE_OPTIONS: form.options, APP_SDKS: `${sdk.folder},${other.folder}` },
  });
  const wrong = complaint(outcome);
  return { result: wrong ?? '1', good: wrong === undefined };
}

function numbers(version: string): number[] {
  return version.split('.').map(Number);
}

function print(cells: readonly Cell[], runtimes: readonly Runtime[], sdks: readonly Sdk[]): void {
  const reasons: string[] = [];
  const short = ({ result, good }: Cell): string => {
    if (result === '1') return '1';
    if (!good) return 'BAD';
    if (!reasons.includes(result)) reasons.push(result);
    return `(${reasons.indexOf(result) + 1})`;
  };
  const width = Math.max(...FORMS.map(({ name }) => name.length));
  for (const runtime of runtimes) {
    console.log(`\n${`Node ${runtime.version}, SDK`.padEnd(width)}  ${sdks.map(({ version }) => version.padStart(8)).join('  ')}`);
    for (const form of FORMS) {
      const row = cells.filter((cell) => cell.runtime === runtime && cell.form === form);
      console.log(`${form.name.padEnd(width)}  ${row.map((cell) => short(cell).padStart(8)).join('  ')}`);
    }
  }
  console.log(`\n1: one span a call, nothing on stderr. ${reasons.map((reason, index) => `(${index + 1}): ${reason}.`).join(' ')}\n`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
