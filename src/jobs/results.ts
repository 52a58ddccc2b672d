import { attach, errorContent, snapshot } from '../content';
import { keep } from '../copy';
import { watchExit } from '../delivery/exit';
import { guard } from '../guard';
import type { Place } from '../place';
import { defined, parseJson } from '../read';
import { say } from '../say';
import { mergeRow } from '../span';
import { type RecordJob, type RecordRow, readRecord } from './batch-record';
import { rowIds, traceIdOf } from './ids';
import { knownJob } from './known';

watchExit();

/** How many records have been read. */
export interface BatchResultsSummary {
  /** Records of the batch, those that failed included. */
  records: number;
  /** Records that failed. */
  errors: number;
  /** Lines that are no record: broken JSON, no record id, neither an answer nor an error. */
  malformed: number;
  /** Results whose ids are none of `recordIds`, where those were given. */
  unknown?: number;
}

/** Writes the rows of a batch's records: children of the job's row, with ids that every process derives alike. */
export class Results {
  readonly summary: BatchResultsSummary = { records: 0, errors: 0, malformed: 0 };
  readonly #job: RecordJob;
  readonly #times: { start?: number; end?: number };
  readonly #trace: { rootSpanId: string; parents: string[] };

  /**
   * @param place where rows go; without one, records are counted and no more
   * @param recordIds the ids that the job has, where they are known
   */
  constructor(
    private readonly place: Place | undefined,
    { jobArn, model, invocationType }: RecordJob,
    private readonly recordIds?: ReadonlySet<string>,
  ) {
    if (recordIds) this.summary.unknown = 0;
    const known = knownJob(jobArn);
    this.#job = { jobArn, model: model ?? known?.model, invocationType: invocationType ?? known?.invocationType };
    // By AWS's clock or not at all: a reader that does not know the times must not take them from one that does.
    this.#times = defined({ start: known?.submitTime, end: known?.endTime });
    this.#trace = { rootSpanId: known?.rootSpanId ?? traceIdOf(jobArn), parents: [rowIds(jobArn).spanId] };
  }

  /** @param record a line, a parsed record, or `undefined` for what was no line */
  take(record: unknown): void {
    // One that the caller has parsed may be anything: a copy has an end.
    const row = guard('record', () => readRecord(typeof record === 'string' ? parseJson(record) : keep(record).value, this.#job));
    if (!row) {
      this.summary.malformed++;
      return;
    }
    if (this.recordIds && !this.recordIds.has(row.recordId)) {
      this.summary.unknown = (this.summary.unknown ?? 0) + 1;
      return;
    }
    this.summary.records++;
    if (row.error) this.summary.errors++;
    if (this.place) guard('result', () => this.#write(row, this.place));
  }

  #write({ recordId, name, fields, error }: RecordRow, place: Place | undefined): void {
    if (!place) return;
    const copy = snapshot(fields);
    const uploads = guard('attach', () => attach(copy.files)) ?? [];
    const ids = rowIds(this.#job.jobArn, recordId);
    const failure = error && { error: errorContent(error) };
    mergeRow(place, { ...copy.value, ...failure, ids, name, type: 'llm', ...this.#times, trace: this.#trace, uploads });
  }

  /** There are no more: tells what was no record. */
  over(): void {
    const { malformed, records, unknown = 0 } = this.summary;
    if (unknown > 0) say(`${unknown} results have ids that are none of the batch job ${this.#job.jobArn}: they leave no span.`);
    if (malformed > 0)
      say(`${malformed} of ${malformed + records} lines are no records of the batch job ${this.#job.jobArn}: they leave no span.`);
  }
}
