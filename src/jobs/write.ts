import { attach, errorContent, snapshot } from '../content';
import type { Place, Session } from '../place';
import { mergeRow, traceOf } from '../span';
import type { Job } from '../types';
import { rowIds, traceIdOf } from './ids';
import { remember } from './known';

/**
 * Writes what a call tells of a job. @param called when, in Unix seconds @param session of the call's own row, where it has submitted the job
 */
export function writeJob(
  { key, name, type, start, end, error, submitted, ...fields }: Job,
  place: Place,
  called: number,
  session: Session,
): void {
  const copy = snapshot(fields);
  const uploads = attach(copy.files);
  const row = { ...copy.value, start, end, name, type, uploads, ids: rowIds(...key), error: error && errorContent(error) };
  if (!submitted || !isFirst(key)) {
    mergeRow(place, row);
    return;
  }
  const { written } = session;
  const trace = written ? { rootSpanId: written.trace.rootSpanId, parents: [written.spanId] } : traceOf(place, traceIdOf(...key));
  // The records of its results, should this process read them, stand in the same trace.
  remember(key[0], { rootSpanId: trace.rootSpanId });
  mergeRow(place, { ...row, start: start ?? called, trace });
}

/** The jobs that this process has made, the newest of them: submitted again under the same token, a job stays where it was. */
const made = new Set<string>();
const MOST_MADE = 10_000;

function isFirst(key: Job['key']): boolean {
  const name = key.join('\n');
  if (made.has(name)) return false;
  made.add(name);
  const [oldest] = made;
  if (made.size > MOST_MADE && oldest !== undefined) made.delete(oldest);
  return true;
}
