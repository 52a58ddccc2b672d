import type { Verdict } from './acceptance';
import type { Figure } from './figures';
import type { Machine } from './machine';
import { table } from './table';

/** The acceptance list on a terminal; what was not measured is left out. */
export function verdicts(lines: readonly Verdict[]): string {
  const measured = lines.filter(({ pass }) => pass !== undefined);
  const width = Math.max(0, ...measured.map(({ claim }) => claim.length));
  return measured
    .map(
      ({ line, claim, found, limit, pass }) => `${pass ? 'pass' : 'FAIL'}  ${line}  ${claim.padEnd(width)}  ${limit.padStart(8)}  ${found}`,
    )
    .join('\n');
}

/** A result to keep. */
export function markdown(about: Machine, lines: readonly Verdict[], figures: readonly Figure[]): string {
  const { date, node, cpu, memory, system, packages } = about;
  return [
    `# What tracing costs: ${node}, ${date.slice(0, 10)}`,
    `${cpu}, ${memory}, ${system}. ${packages}. Medians; beside each what it is over no tracing, round by round.`,
    '| | | limit | found | |\n|---|---|---|---|---|',
    '```',
    table(figures),
    '```',
  ]
    .map((part) => (part.startsWith('| |') ? [part, ...lines.map(rowOf)].join('\n') : part))
    .join('\n\n')
    .replaceAll('```\n\n', '```\n')
    .replaceAll('\n\n```\n', '\n```\n')
    .concat('\n');
}

function rowOf({ line, claim, found, limit, pass }: Verdict): string {
  return `| ${line} | ${claim} | ${limit} | ${found} | ${pass === undefined ? '' : pass ? 'pass' : '**fail**'} |`;
}

/** The same for programs, a figure a line: two results can be told apart by a diff. */
export function json(about: Machine, lines: readonly Verdict[], figures: readonly Figure[]): string {
  const list = (members: readonly object[]) => members.map((member) => `  ${JSON.stringify(member)}`).join(',\n');
  const head = JSON.stringify(about, undefined, 1).slice(0, -2);
  return `${head},\n "acceptance": [\n${list(lines)}\n ],\n "figures": [\n${list(figures.map(rounded))}\n ]\n}\n`;
}

/** No figure is better than four digits. */
function rounded(figure: Figure): Figure {
  const four = (value: number) => Number(value.toPrecision(4));
  return { ...figure, samples: figure.samples.map(four), median: four(figure.median), added: four(figure.added) };
}
