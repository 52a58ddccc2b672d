import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Verdict } from './acceptance';
import { ROOT } from './contenders';
import type { Figure } from './figures';
import type { Machine } from './machine';
import { short } from './table';

const README = path.join(ROOT, 'README.md');
const [BEGIN, END] = ['<!-- bench -->', '<!-- /bench -->'];

/**
 * What a reader of the README wants to know: what it is, the workload, the metric, the unit, which of ours where there are several, and the
 * metric of theirs where that is another one.
 */
const ROWS: readonly (readonly [string, string, string, string, string?, string?])[] = [
  ['start-up of a program without the SDK, `--require`, CPU', 'start-up: an empty program', 'cpu', 'ms', 'ours-required'],
  ['start-up of a program without the SDK, `--import`, CPU', 'start-up: an empty program', 'cpu', 'ms'],
  ['start-up of an ES module without the SDK, `--import`, CPU', 'start-up: an empty ES module', 'cpu', 'ms'],
  ['start-up of a program that imports the SDK, CPU', 'start-up: a program that imports the SDK', 'cpu', 'ms'],
  ['the first call waits', 'first call, answered at once', 'path', 'ms'],
  ['small Converse, CPU, its span delivered', 'small Converse', 'cpu', 'µs'],
  ['small Converse, 64 at a time, CPU', 'small Converse, 64 at a time', 'cpu', 'µs'],
  ['small Converse, CPU before the answer is there', 'on the path: small Converse', 'beside', 'µs', 'ours', 'cpu'],
  ['conversation of 200 KB, CPU', 'conversation of 200 KB', 'cpu', 'µs'],
  ['image of 5 MB, CPU', 'image of 5 MB', 'cpu', 'µs'],
  ['InvokeModel with an answer of 1 MB, CPU', 'InvokeModel, answer of 1 MB', 'cpu', 'µs'],
  ['embedding of 1,024 numbers, CPU', 'embedding of 1,024 numbers', 'cpu', 'µs'],
  ['ConverseStream of 1,000 events, CPU per event', 'ConverseStream, 1,000 events', 'cpu', 'µs'],
  ['ConverseStream of 20,000 events, CPU per event', 'ConverseStream, 20,000 events', 'cpu', 'µs'],
  ['InvokeModelWithResponseStream of 1,000 events, CPU per event', 'InvokeModelWithResponseStream, 1,000 events', 'cpu', 'µs'],
  ['InvokeModelWithResponseStream of 20,000 events, CPU per event', 'InvokeModelWithResponseStream, 20,000 events', 'cpu', 'µs'],
  ['longest block at the end of 20,000 events', 'ConverseStream, the end of 20,000 events', 'block', 'ms'],
  ['heap of calls 1,001–3,000 of 64 KB, Braintrust down', 'heap with the ingest down', 'rest', 'MB'],
  ['heap kept of 20,000 streams that nobody reads, after as many', '20,000 abandoned streams', 'held', 'KB'],
  ['from the last statement to the end of the process', 'ten calls, then nothing more to do', 'exit', 'ms'],
];

/** Puts the newest figures into the README. */
export function writeReadme(about: Machine, verdicts: readonly Verdict[], figures: readonly Figure[], file: string): void {
  const added = (workload: string, contender: string, metric: string, unit: string) => {
    const found = figures.find((one) => one.workload === workload && one.contender === contender && one.metric === metric);
    if (!found || found.void) return found ? `none: ${found.void}` : '';
    return `${found.added < 0 ? '−' : '+'}${short(Math.abs(found.added))} ${unit}`;
  };
  // A run that was ended early has not measured all of them.
  const known = ROWS.filter(([, workload, metric]) => figures.some((one) => one.workload === workload && one.metric === metric));
  const lines = known.map(([title, workload, metric, unit, id = 'ours', theirs = metric]) => {
    const cells = [added(workload, 'again', metric, unit), added(workload, id, metric, unit), added(workload, 'theirs', theirs, unit)];
    return `| ${title} | ${cells.join(' | ')} |`;
  });
  const measured = verdicts.filter(({ pass }) => pass !== undefined);
  const failed = measured.filter(({ pass }) => !pass);
  const text = [
    `What is added to no tracing, in medians: ${about.node}, ${about.cpu}, ${about.packages}, ${about.date.slice(0, 10)}. The first column is no`,
    'tracing measured a second time, which is how far such figures can be trusted.',
    '',
    '| | no tracing, again | braintrust-bedrock | braintrust/hook.mjs |',
    '|---|---|---|---|',
    ...lines,
    '',
    `All figures, and the ${measured.length} limits that this package sets itself, of which ${failed.length} ${failed.length === 1 ? 'is' : 'are'} not kept: [${file}](${file}).`,
  ].join('\n');
  const readme = readFileSync(README, 'utf8');
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < 0) throw new Error(`README.md has no ${BEGIN} … ${END}`);
  writeFileSync(README, `${readme.slice(0, from + BEGIN.length)}\n${text}\n${readme.slice(to)}`);
}
