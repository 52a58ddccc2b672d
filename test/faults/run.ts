import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULTS } from './faults';
import { complaints, type Fault, type Outcome, play, type Seen } from './scene';

/*
 * npm run test:faults [-- <words of a fault's name>]: each fault, for an application without a logger of its own and for one with. Without
 * words, the table goes into the README.
 */
const README = join(__dirname, '../../README.md');
const words = process.argv.slice(2).join(' ');

async function main(): Promise<void> {
  const lines: string[] = [];
  let bad = 0;
  for (const fault of FAULTS.filter(({ name, how }) => words === '' || name.includes(words) || how === words)) {
    const outcomes: Outcome[] = [];
    for (const own of [false, true]) {
      const outcome = await play(fault, own);
      outcomes.push(outcome);
      const found = complaints(fault, outcome);
      bad += found.length > 0 ? 1 : 0;
      process.stderr.write(`${found.length === 0 ? 'ok ' : 'BAD'} ${fault.name}${own ? ', own logger' : ''} (${outcome.laterMs} ms)\n`);
      for (const complaint of found) process.stderr.write(`      ${complaint}\n`);
    }
    lines.push(line(fault, outcomes));
    console.log(lines.at(-1));
  }
  if (words === '' && bad === 0) write([HEADER, ...lines].join('\n'));
  process.exitCode = bad > 0 ? 1 : 0;
}

const HEADER = '| Fault | What the application saw | Later by | Rows expected | Rows arrived |\n|---|---|---|---|---|';

/** Two figures are of an application without a logger of its own, and of one with. */
function line(fault: Fault, outcomes: Outcome[]): string {
  const isSame = outcomes.every(({ without, with: now }) => JSON.stringify({ ...without, ms: 0 }) === JSON.stringify({ ...now, ms: 0 }));
  const [first] = outcomes;
  const saw = `${isSame ? 'the same' : '**not the same**'}: ${first ? ending(first.without) : ''}`;
  const later = outcomes.map(({ laterMs }) => `${(Math.max(0, laterMs) / 1000).toFixed(1)} s`).join(', ');
  const arrived = outcomes.map(({ rows }) => rows.length).join(', ');
  const left = fault.spool ? ' (3 in the spool)' : fault.rows === 0 ? ' (told on stderr)' : '';
  return `| ${fault.name} | ${saw} | ${later} | ${fault.rows ?? 3} | ${arrived}${left} |`;
}

const ending = ({ code, signal }: Seen) => (signal ? signal : `code ${code}`);

function write(table: string): void {
  const readme = readFileSync(README, 'utf8');
  writeFileSync(README, readme.replace(/(<!-- faults -->\n)[\s\S]*?(<!-- \/faults -->)/, `$1${table}\n$2`));
}

void main();
