import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { acceptance, type Verdict } from './acceptance';
import { writeAnswers } from './answers';
import { ROOT } from './contenders';
import type { Figure } from './figures';
import { type Machine, machine } from './machine';
import { nodesOf } from './nodes';
import { writeReadme } from './readme';
import { json, markdown, verdicts } from './report';
import { SECTIONS } from './sections';
import { startServers } from './servers';
import { table } from './table';

/** Where the results go, the newest for the README. */
const RESULTS = path.join(__dirname, 'results');

const USAGE = `npm run bench -- [--only ${SECTIONS.map(({ name }) => name).join(',')}] [--node 22,24,/path/to/node] [--quick] [--no-results]`;

/** `npm run bench`: what tracing costs, beside none and beside Braintrust's own hook. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      node: { type: 'string', default: process.execPath },
      quick: { type: 'boolean', default: false },
      'no-results': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return say(USAGE);
  const only = values.only?.split(',');
  const unknown = only?.filter((name) => !SECTIONS.some((section) => section.name === name)) ?? [];
  if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: no such section. ${USAGE}`);
  // In the order that was asked for.
  const sections = only ? only.flatMap((wanted) => SECTIONS.filter(({ name }) => name === wanted)) : SECTIONS;

  const answers = writeAnswers();
  const servers = await startServers();
  try {
    for (const { node, version } of await nodesOf(values.node)) {
      const about = machine(version);
      say(`${about.node}, ${about.cpu}, ${about.packages}`);
      const start = Date.now();
      const figures: Figure[] = [];
      const keep = () => write(about, acceptance(figures, version), figures, only);
      for (const section of sections) {
        const took = Date.now();
        for await (const taken of section.run({ node, servers, answers: answers.folder }, { quick: values.quick, say: progress })) {
          figures.push(...taken);
          progress('');
          say(`\n${table(taken)}`);
        }
        say(`\n(${section.name}: ${seconds(took)})`);
        if (!values['no-results'] && !values.quick) keep(); // a run that is ended early has been of use
      }
      const judged = acceptance(figures, version);
      if (!only && !values.quick && !values['no-results'] && node === process.execPath) {
        writeReadme(about, judged, figures, path.relative(ROOT, `${resultsOf(about)}.md`));
      }
      say(`\n${verdicts(judged)}\n\n${seconds(start)} in all`);
    }
  } finally {
    servers.close();
    answers.remove();
  }
}

const seconds = (since: number): string => `${Math.round((Date.now() - since) / 1000)} s`;

function write(about: Machine, lines: readonly Verdict[], figures: readonly Figure[], only: readonly string[] | undefined): void {
  mkdirSync(RESULTS, { recursive: true });
  const name = resultsOf(about, only);
  writeFileSync(`${name}.json`, json(about, lines, figures));
  writeFileSync(`${name}.md`, markdown(about, lines, figures));
}

const resultsOf = (about: Machine, only: readonly string[] = []): string =>
  path.join(RESULTS, [about.date.slice(0, 10), about.node.replace('Node ', ''), ...only].join('-'));

function progress(workload: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r${workload.padEnd(70)}\r`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
