import { isObject, number, string } from '../src/read';
import { inputGist, outputGist } from './gist';
import type { Row } from './ingest';
import { fit, left, type Paint, paint, right } from './terminal';

export interface TreeOptions {
  /** The width in characters; 100 without it. */
  columns?: number;
  colour?: boolean;
}

/** The columns of numbers, from left to right. A token count is shown where the span has it. */
const NUMBERS: { title: string; width: number; value: (span: Row) => string }[] = [
  { title: 'time', width: 8, value: ({ metrics }) => seconds(duration(metrics)) },
  { title: 'ttft', width: 8, value: ({ metrics }) => seconds(number(metrics?.time_to_first_token)) },
  { title: 'prompt', width: 7, value: ({ metrics }) => count(metrics?.prompt_tokens) },
  { title: 'cached', width: 7, value: ({ metrics }) => (metrics?.prompt_cached_tokens ? count(metrics.prompt_cached_tokens) : '') },
  { title: 'output', width: 7, value: ({ metrics }) => count(metrics?.completion_tokens) },
];
const NUMBERS_WIDTH = NUMBERS.reduce((sum, { width }) => sum + width, 0);
/** From this width on there is room for a picture of when each span ran within its trace. */
const TIMELINE_FROM = 124;

/** The traces of the spans as a drawn tree: two lines a span, with its numbers in columns. */
export function drawTree(spans: Row[], { columns = 100, colour = false }: TreeOptions = {}): string {
  const pen = new Pen(columns, paint(colour));
  const traces = forest(spans);
  const blocks = traces.map((root) => pen.span(root, '', '', root).join('\n'));
  return [pen.header(), ...blocks].join('\n\n');
}

interface Node {
  span: Row;
  children: Node[];
  start: number;
  end: number;
}

/** The spans by their parents, in the order in which they began. A span whose parent never arrived stands as a root. */
function forest(spans: Row[]): Node[] {
  const nodes = new Map(spans.map((span) => [span.span_id ?? span.id, node(span)]));
  const roots: Node[] = [];
  for (const entry of nodes.values()) {
    const parent = (entry.span.span_parents ?? []).map((id) => nodes.get(id)).find((found) => found !== undefined && found !== entry);
    (parent?.children ?? roots).push(entry);
  }
  for (const { children } of nodes.values()) children.sort(byStart);
  return roots.sort(byStart);
}

function node(span: Row): Node {
  const start = number(span.metrics?.start) ?? 0;
  return { span, children: [], start, end: number(span.metrics?.end) ?? start };
}

const byStart = (a: Node, b: Node) => a.start - b.start;

class Pen {
  private readonly timeline: number;
  private readonly name: number;

  constructor(
    private readonly columns: number,
    private readonly paint: Paint,
  ) {
    this.timeline = columns >= TIMELINE_FROM ? Math.min(36, columns - 108) : 0;
    this.name = Math.max(24, columns - NUMBERS_WIDTH - (this.timeline > 0 ? this.timeline + 2 : 0));
  }

  header(): string {
    const titles = NUMBERS.map(({ title, width }) => right(title, width)).join('');
    return this.paint.dim(left('span', this.name) + titles + (this.timeline > 0 ? '  timeline' : ''));
  }

  /** The lines of a span and of what is under it. `branch` leads to it, `trunk` goes on past it. */
  span(entry: Node, branch: string, trunk: string, root: Node): string[] {
    const { children } = entry;
    const stem = trunk + (children.length > 0 ? '│  ' : '   ');
    const below = children.flatMap((child, index) => {
      const last = index === children.length - 1;
      return this.span(child, `${trunk}${last ? '└─ ' : '├─ '}`, `${trunk}${last ? '   ' : '│  '}`, root);
    });
    return [this.first(entry, branch, root), ...this.rest(entry.span, stem), ...below];
  }

  /** Name and model, then the numbers. */
  private first(entry: Node, branch: string, root: Node): string {
    const { span } = entry;
    const name = fit(span.span_attributes?.name ?? '(no name)', this.name - branch.length - 1);
    const model = this.model(span, this.name - branch.length - name.length - 3);
    const width = branch.length + name.length + (model === '' ? 0 : model.length + 2);
    const numbers = NUMBERS.map(({ width: column, value }) => right(value(span), column)).join('');
    const title = span.error === undefined ? this.typed(span)(name) : this.paint.bad(name);
    const head = this.paint.dim(branch) + this.paint.strong(title) + (model === '' ? '' : `  ${this.paint.dim(model)}`);
    return `${head}${' '.repeat(Math.max(0, this.name - width))}${numbers}${this.bar(entry, root)}`.trimEnd();
  }

  /** What went in and what came out, and what is worth a note. */
  private rest(span: Row, stem: string): string[] {
    const room = this.columns - stem.length;
    const line = (text: string) => this.paint.dim(stem) + text;
    const note = notes(span);
    const input = inputGist(span.input);
    const output = outputGist(span.output);
    const noteText = note === '' ? '' : `${fit(note, room)}  `;
    const lines: string[] = [];
    if (input || output || note) lines.push(line(this.paint.note(noteText) + this.exchange(input, output, room - noteText.length)));
    if (span.error !== undefined) lines.push(line(this.paint.bad(fit(`✗ ${errorGist(span.error)}`, room))));
    return lines;
  }

  /** `input → output`; each has half the room, and what the other leaves. */
  private exchange(input: string, output: string, room: number): string {
    const arrow = input && output ? ' → ' : output ? '→ ' : '';
    const half = Math.floor((room - arrow.length) / 2);
    const asked = fit(input, Math.max(half, room - arrow.length - output.length));
    return this.paint.dim(asked + arrow) + fit(output, room - arrow.length - asked.length);
  }

  /** The whole model id where there is room for it, else the part that people say. */
  private model(span: Row, room: number): string {
    const id = string(span.metadata?.model) ?? '';
    return room < 4 ? '' : id.length <= room ? id : fit(shortModel(id), room);
  }

  private typed(span: Row): (text: string) => string {
    switch (span.span_attributes?.type) {
      case 'llm':
        return this.paint.llm;
      case 'tool':
        return this.paint.tool;
      default:
        return this.paint.task;
    }
  }

  /** When the span ran within its trace: thin until the first token, thick from then on. */
  private bar(entry: Node, root: Node): string {
    const whole = root.end - root.start;
    // Of a trace that is one call, the picture would say nothing.
    if (this.timeline === 0 || whole <= 0 || root.children.length === 0) return '';
    const cell = (at: number) => Math.round((Math.min(Math.max(at - root.start, 0), whole) / whole) * this.timeline);
    const from = Math.min(cell(entry.start), this.timeline - 1);
    const to = Math.max(cell(entry.end), from + 1);
    const first = number(entry.span.metrics?.time_to_first_token);
    const waiting = first === undefined ? 0 : Math.min(cell(entry.start + first), to) - from;
    const drawn = '─'.repeat(waiting) + '━'.repeat(to - from - waiting);
    const colour = entry.span.error === undefined ? this.typed(entry.span) : this.paint.bad;
    return `  ${' '.repeat(from)}${colour(drawn)}`;
  }
}

/** `us.anthropic.claude-sonnet-4-5-20250929-v1:0` is `claude-sonnet-4-5`. */
function shortModel(id: string): string {
  const name = id.split('/').at(-1) ?? id;
  return name.replace(/^(?:[a-z-]+\.)+(?=[a-z])/, '').replace(/(?:-\d{8})?(?:-v\d+)?(?::\d+)?$/, '');
}

/** What is out of the ordinary in a call that did not fail. */
function notes({ metadata = {}, error }: Row): string {
  const { attempts, stopReason, streamStatus } = metadata;
  const found = [
    typeof attempts === 'number' && attempts > 1 ? `${attempts} attempts` : '',
    stopReason === 'guardrail_intervened' ? 'guardrail intervened' : '',
    error === undefined ? (string(streamStatus) ?? '') : '',
  ];
  return found.filter((text) => text !== '').join(', ');
}

function errorGist(error: unknown): string {
  const { name, message } = isObject(error) ? error : {};
  const text = string(message) === undefined ? String(error) : `${string(name) ?? 'Error'}: ${message}`;
  return text.split('\n', 1)[0] ?? '';
}

function duration(metrics: Row['metrics']): number | undefined {
  return metrics?.start === undefined || metrics.end === undefined ? undefined : metrics.end - metrics.start;
}

function seconds(value: number | undefined): string {
  if (value === undefined) return '';
  return value < 0.9995 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(2)} s`;
}

function count(value: unknown): string {
  return typeof value === 'number' ? String(value).replace(/\B(?=(\d{3})+$)/g, ',') : '';
}
