import type { Figure } from './figures';

/** The figures of each workload as a table: a contender a line, and what it is over no tracing beside each figure. */
export function table(figures: readonly Figure[]): string {
  return [...new Set(figures.map(({ workload }) => workload))]
    .map((workload) =>
      tableOf(
        workload,
        figures.filter((figure) => figure.workload === workload),
      ),
    )
    .join('\n\n');
}

const LABEL_WIDTH = 44;
const CELL_WIDTH = 21;

function tableOf(workload: string, figures: readonly Figure[]): string {
  const columns = [...new Map(figures.map(({ metric, unit }) => [metric, unit])).entries()];
  const labels = [...new Map(figures.map(({ contender, label }) => [contender, label])).entries()];
  const lines = labels.map(([id, label]) => {
    const own = figures.filter(({ contender }) => contender === id);
    const reason = own[0]?.void;
    const cells = reason ? [`void: ${reason}`] : columns.map(([metric]) => cell(own.find((figure) => figure.metric === metric)));
    return `${label.padEnd(LABEL_WIDTH)}  ${cells.map((text) => text.padStart(CELL_WIDTH)).join('')}`.trimEnd();
  });
  return [`${workload.padEnd(LABEL_WIDTH)}  ${columns.map(([, unit]) => unit.padStart(CELL_WIDTH)).join('')}`, ...lines].join('\n');
}

function cell(figure: Figure | undefined): string {
  if (!figure) return '';
  const { median, added, contender } = figure;
  return contender === 'none' || contender === 'bare' ? short(median) : `${short(median)} ${signed(added)}`;
}

export function short(value: number): string {
  const size = Math.abs(value);
  return size >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(size >= 10 ? 1 : 2);
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${short(Math.abs(value))}`;
