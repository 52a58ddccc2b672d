import { complaint, runProgram } from '../apps/run';
import { ANTHROPIC_FORMS, complaintOf } from './anthropic';
import { FORMS, FORMS_OF_REQUIRE, type Form } from './forms';
import { installAnthropic, installNode, installSdk, type Runtime, type Sdk } from './install';

/** The first Node that `engines` allows, and the newest of each line. */
const NODES = ['20.6.0', '20', '22', '24', '26'];
/** The first SDK that the peer range allows, three on the way, and the one that is installed here. */
const SDKS = ['3.422.0', '3.587.0', '3.872.0', '3.1040.0', 'newest'];
/** The first SDK of Anthropic that the peer range allows, the last one before its rewriting, and the one that is installed here. */
const ANTHROPIC_SDKS = ['0.33.0', '0.39.0', 'newest'];
const LANES = 2;

interface Cell {
  runtime: Runtime;
  form: Form;
  sdk: Sdk;
  /** What is wrong with the program's spans, if anything is. */
  run: () => Promise<string | undefined>;
  result: string;
  /** Whether the result is one span a call, or has a reason that is not ours. */
  good: boolean;
}

/** Each load form as a whole program, on each Node, with each SDK: `1` is one span a call. */
async function main(): Promise<void> {
  const runtimes = await inTurn(NODES, installNode);
  const sdks = await inTurn(SDKS, installSdk);
  const anthropic = await inTurn(ANTHROPIC_SDKS, installAnthropic);
  const run: Run = (runtime, form, sdk) => call(runtime, form, sdk, sdks.at(sdks.indexOf(sdk) - 1) ?? sdk);
  const aws = [
    ...cellsOf(runtimes, FORMS, sdks, run),
    ...cellsOf(runtimes, FORMS_OF_REQUIRE, [...sdks.slice(0, 1), ...sdks.slice(-1)], run),
  ];
  const batches = cellsOf(runtimes, ANTHROPIC_FORMS, anthropic, ({ node }, { program, options }, { apps }) =>
    complaintOf(node, `${apps}/${program}`, options),
  );
  const cells = [...aws, ...batches];
  const start = Date.now();
  const queue = cells.values();
  await Promise.all(Array.from({ length: LANES }, () => drain(queue)));
  print('AWS SDK', aws, runtimes, [...FORMS, ...FORMS_OF_REQUIRE], sdks);
  print('Anthropic SDK', batches, runtimes, ANTHROPIC_FORMS, anthropic);
  const bad = cells.filter(({ good }) => !good);
  for (const { runtime, sdk, form, result } of bad) console.log(`Node ${runtime.version}, SDK ${sdk.version}, ${form.name}: ${result}`);
  console.log(`${cells.length} cells, ${bad.length} bad, ${Math.round((Date.now() - start) / 1000)} s`);
  process.exitCode = bad.length === 0 ? 0 : 1;
}

type Run = (runtime: Runtime, form: Form, sdk: Sdk) => Promise<string | undefined>;

function cellsOf(runtimes: readonly Runtime[], forms: readonly Form[], sdks: readonly Sdk[], run: Run): Cell[] {
  return runtimes.flatMap((runtime) =>
    forms.flatMap((form) => sdks.map((sdk) => ({ runtime, form, sdk, run: () => run(runtime, form, sdk), result: '', good: false }))),
  );
}

async function inTurn<From, To>(values: readonly From[], task: (value: From) => Promise<To>): Promise<To[]> {
  const results: To[] = [];
  for (const value of values) results.push(await task(value));
  return results;
}

async function drain(queue: Iterable<Cell>): Promise<void> {
  for (const cell of queue) Object.assign(cell, await fill(cell));
}

async function fill({ runtime, form, sdk, run }: Cell): Promise<Pick<Cell, 'result' | 'good'>> {
  const reason = form.without?.(numbers(runtime.version), numbers(sdk.version));
  if (reason !== undefined) return { result: reason, good: true };
  const wrong = await run();
  return { result: wrong ?? '1', good: wrong === undefined };
}

/** @param other a second version, for the program that loads two */
async function call(runtime: Runtime, form: Form, sdk: Sdk, other: Sdk): Promise<string | undefined> {
  return complaint(
    await runProgram({
      node: runtime.node,
      args: [...(form.flags ?? []), `${sdk.apps}/${form.program}`],
      cwd: sdk.apps,
      env: { NODE_OPTIONS: form.options, APP_SDKS: `${sdk.folder},${other.folder}` },
    }),
  );
}

function numbers(version: string): number[] {
  return version.split('.').map(Number);
}

function print(what: string, cells: readonly Cell[], runtimes: readonly Runtime[], forms: readonly Form[], sdks: readonly Sdk[]): void {
  const reasons: string[] = [];
  const short = ({ result, good }: Cell): string => {
    if (result === '1') return '1';
    if (!good) return 'BAD';
    if (!reasons.includes(result)) reasons.push(result);
    return `(${reasons.indexOf(result) + 1})`;
  };
  const width = Math.max(`Node 20.20.2, ${what}`.length, ...forms.map(({ name }) => name.length));
  for (const runtime of runtimes) {
    console.log(`\n${`Node ${runtime.version}, ${what}`.padEnd(width)}  ${sdks.map(({ version }) => version.padStart(8)).join('  ')}`);
    for (const form of forms) {
      const row = sdks.map((sdk) => cells.find((cell) => cell.runtime === runtime && cell.form === form && cell.sdk === sdk));
      console.log(`${form.name.padEnd(width)}  ${row.map((cell) => (cell ? short(cell) : '').padStart(8)).join('  ')}`.trimEnd());
    }
  }
  console.log(`\n1: one span a call, nothing on stderr. ${reasons.map((reason, index) => `(${index + 1}): ${reason}.`).join(' ')}\n`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
