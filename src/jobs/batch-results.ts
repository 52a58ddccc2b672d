import { config } from '../config';
import { guard } from '../guard';
import { say } from '../say';
import type { Lines } from './lines';
import type { BatchResultsSummary } from './results';
import type { Item, Source } from './source';

/** What is known of the batch job whose results are traced. */
export interface BatchResultsOptions {
  /** The ARN of the job, as CreateModelInvocationJob has given it: it ties each record to the job's span. */
  jobArn: string;
  /** The id or ARN of the model; needed where this process has not asked AWS for the job. */
  model?: string;
  /** How the records are written; needed as `model` is, for a job of type `Converse`. */
  modelInvocationType?: 'InvokeModel' | 'Converse';
  /** The ids of the job's records, where the caller has them: a result with another id is counted, told once on stderr, and leaves no span. */
  recordIds?: Iterable<string>;
}

/**
 * Writes one span for each record of a batch job's results, under the span of the job: input, output, token counts and the record's own
 * error. What is read twice, here or in another process, is written once. The source is read to its end, in constant memory, no faster than
 * Braintrust takes the spans, and the event loop gets a turn every few milliseconds.
 *
 * @param lines the results, `{ recordId, modelInput, modelOutput | error }` on each line: text, bytes, a stream (Node's or the web's, gzip
 * included), an S3 `GetObject` output or its `Body`, or an iterable of lines, bytes or parsed records
 * @returns how many records there were; a line that is none is counted, told once on stderr, and leaves no span
 * @throws what the source throws (a connection that breaks, a broken gzip file): what came before it is recorded. Tracing itself never throws
 * @example examples/batch-results.ts
 */
export async function traceBatchResults(lines: Source, options: BatchResultsOptions): Promise<BatchResultsSummary> {
  const { jobArn = '', model, modelInvocationType: invocationType, recordIds } = options ?? {};
  if (!jobArn) say('traceBatchResults needs the jobArn of the batch job; nothing is recorded.');
  const { findPlace, Lines, Results, itemsOf, Turns } = load();
  const place = guard('place', () => (jobArn && config().on ? findPlace(undefined) : undefined));
  const results = new Results(place, { jobArn, model, invocationType }, recordIds && new Set(recordIds));
  const turns = new Turns();
  const cut = new Lines();
  try {
    for await (const item of itemsOf(lines)) {
      for (const record of recordsOf(item, cut)) {
        results.take(record);
        await turns.next();
      }
    }
    for (const line of cut.last()) results.take(line);
  } finally {
    results.over();
  }
  return results.summary;
}

/** Not before it is needed: this file is part of the package's index, which has to load in no time. */
const load = () => ({
  ...(require('../place') as typeof import('../place')),
  ...(require('./lines') as typeof import('./lines')),
  ...(require('./results') as typeof import('./results')),
  ...(require('./source') as typeof import('./source')),
  ...(require('./turns') as typeof import('./turns')),
});

function recordsOf(item: Item, cut: Lines): Iterable<unknown> {
  if (item instanceof Uint8Array) return cut.add(item);
  return typeof item === 'string' ? textLines(item) : [item];
}

/** Lines of a text, without a copy of the whole. */
function* textLines(text: string): Generator<string, void> {
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const to = end < 0 ? text.length : end;
    const line = text.slice(from, to).trim();
    if (line !== '') yield line;
    from = to + 1;
  }
}
