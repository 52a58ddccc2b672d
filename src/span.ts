import { randomUUID } from 'node:crypto';
import type { Upload } from './content';
import { customized, masked } from './customizers';
import { deliver } from './delivery';
import { joinFlush } from './flush';
import { debug, guard } from './guard';
import type { RowIds } from './jobs/ids';
import { importBraintrust } from './peer';
import { type Place, type Session, type Standing, standingOf, type Trace, type Written } from './place';
import { randomHex } from './random';
import { defined, isObject, put } from './read';
import { say } from './say';
import { braintrustState } from './state';
import type { Fields, JsonObject, Metrics } from './types';
import { expect, upload } from './upload';
import { version } from './version';

export interface Row extends Fields {
  name: string;
  type: 'llm' | 'task';
  /** Unix seconds. */
  start: number;
  /** Absent in the row of a session that goes on. */
  end?: number;
  error?: unknown;
  uploads: Upload[];
  /** The trace of a row that has none around it: a new one where this is absent. */
  rootSpanId?: string | undefined;
}

/** What one process knows of a row that several write, by ids that each of them can make: what is absent is left to the others. */
export interface Merge extends Fields {
  ids: RowIds;
  name: string;
  type: 'llm' | 'task';
  start?: number | undefined;
  end?: number | undefined;
  error?: unknown;
  /** Only from who has made the job: where the row stands. */
  trace?: Trace | undefined;
  uploads: Upload[];
}

/** Writes one row. Never waits. @param session what others need to stand under it, and to write the rest of it */
export function writeRow(place: Place, row: Row, session?: Session): void {
  const standing = ready(place, () => writeRow(place, row, session));
  if (!standing) return;
  const { destination, startSpan } = standing;
  const ids = newIds();
  const trace = standing.trace ?? { rootSpanId: row.rootSpanId ?? ids.rootSpanId, parents: [] };
  const { id, spanId } = ids;
  if (session) session.written = { id, spanId, standing, trace };
  if (startSpan || !destination) writeTheirs(standing, trace, row, session);
  // The first part of a session's row is a merge like the last one: should it be sent again, it takes nothing away.
  else send(standing, { id, spanId, trace }, row, session !== undefined && row.end === undefined);
}

/** Completes the row of a session. */
export function finishRow(session: Session, row: Row): void {
  const { written } = session;
  if (!written) {
    waiting.push(() => finishRow(session, row));
    return;
  }
  const { id, spanId, standing, trace, span } = written;
  if (span) finishTheirs(span, row);
  else send(standing, { id, spanId, trace }, row, true);
}

/** Writes a part of a row that other processes write, too, in any order and any number of times. */
export function mergeRow(place: Place, merge: Merge): void {
  const standing = ready(place, () => mergeRow(place, merge));
  if (!standing) return;
  const { ids, trace } = merge;
  send(standing, { ...ids, trace }, merge, true);
}

/** Where a row that is made in this place stands. @param rootSpanId its trace, where the place has none */
export function traceOf(place: Place, rootSpanId: string): Trace {
  return standingOf(place)?.trace ?? { rootSpanId, parents: [] };
}

/** Which row it is, and where it stands: absent where another process says so. */
interface Identity extends RowIds {
  trace?: Trace | undefined;
}

function send({ destination, inherited }: Standing, identity: Identity, row: Row | Merge, isMerge: boolean): void {
  if (!destination) return;
  joinFlush();
  const { uploads } = row;
  expect(uploads, destination);
  deliver({ destination, id: identity.id, isMerge, row: () => customized(members(row, inherited, identity)), uploads });
}

/** Ids as `braintrust` makes them, where the application has it, or as it makes them by default. */
function newIds(): { id: string; spanId: string; rootSpanId: string } {
  const ids = braintrustState()?.idGenerator;
  const spanId = ids?.getSpanId() ?? randomHex(8);
  return {
    id: randomUUID(),
    spanId,
    rootSpanId: !ids ? randomHex(16) : ids.shareRootSpanId() ? spanId : ids.getTraceId(),
  };
}

function members(row: Row | Merge, inherited?: unknown, identity?: Identity): JsonObject {
  const { name, type, start, end, input, output, metadata } = row;
  const metrics = put<Metrics>({}, row.metrics);
  if (start !== undefined) metrics.start = start;
  if (end !== undefined) metrics.end = end;
  const own: JsonObject = defined({
    id: identity?.id,
    span_id: identity?.spanId,
    root_span_id: identity?.trace?.rootSpanId,
    span_parents: identity?.trace?.parents.length ? identity.trace.parents : undefined,
    span_attributes: { name, type },
    // the trace view sorts by it, and the row is written at the end
    created: start === undefined ? undefined : new Date(start * 1000).toISOString(),
    context: { span_origin: origin() },
    metrics,
    input,
    output,
    metadata,
    error: masked(row.error),
  });
  return isObject(inherited) ? withInherited(own, inherited) : own;
}

/** The members that a parent hands down, as `braintrust` merges them: objects by key, anything else replaced. */
function withInherited(own: JsonObject, inherited: JsonObject): JsonObject {
  const result = { ...own };
  for (const [name, value] of Object.entries(inherited)) {
    const had = result[name];
    result[name] = isObject(had) && isObject(value) ? withInherited(had, value) : value;
  }
  return result;
}

const ORIGIN = { name: 'braintrust-bedrock', version, instrumentation: { name: 'bedrock-runtime' } };

function origin(): JsonObject {
  const environment = braintrustState()?.spanOriginEnvironment;
  return environment ? { ...ORIGIN, environment } : ORIGIN;
}

/** Tells users' span customizers that this is an instrumentation's span. */
const INSTRUMENTATION = Symbol.for('braintrust.spanInstrumentationName');

/** A row in an experiment, or of a logger that is not built as we know it: `braintrust` writes it. */
function writeTheirs({ startSpan, destination }: Standing, trace: Trace, row: Row, session: Session | undefined): void {
  const { name, type, start } = row;
  const { span_attributes: _, ...event } = members(row);
  const span = quietly(() => startSpan?.({ name, type, startTime: start, event, [INSTRUMENTATION]: 'bedrock-runtime' }));
  const written = session?.written;
  if (written && isObject(span)) {
    const ids = { spanId: String(span.spanId), trace: { ...trace, rootSpanId: String(span.rootSpanId) } };
    session.written = { ...written, ...ids, span } satisfies Written;
  }
  if (!destination) return;
  expect(row.uploads, destination);
  upload(row.uploads);
}

function finishTheirs(span: unknown, row: Row): void {
  if (!isObject(span) || typeof span.log !== 'function') return;
  const { span_attributes: _, context: __, created: ___, ...event } = members(row);
  span.log(event);
}

/** Without the caller's stack, which `braintrust` would collect for the row and which is ours: half of what a row costs. */
function quietly<T>(write: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return write();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** Rows that came before `braintrust` could be asked where they belong, in their order. */
const waiting: (() => void)[] = [];
let importing = false;

/** What the place is; where that is not known yet, `write` is called again when it is. */
function ready(place: Place, write: () => void): Standing | undefined {
  const standing = waiting.length > 0 && place.exported ? undefined : standingOf(place);
  if (standing) return standing;
  if (!place.exported && !place.session) {
    say('the logger of the application is of an unknown kind: Bedrock calls are not traced.');
    return undefined;
  }
  waiting.push(write);
  if (!importing && place.exported) {
    importing = true;
    importBraintrust()
      .catch((error: unknown) => debug('braintrust could not be imported', error))
      .then(() => {
        for (const next of waiting.splice(0)) guard('write', next);
      });
  }
  return undefined;
}
