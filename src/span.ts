import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers';
import { isSuppressed, replaceBuiltIn } from './built-in';
import { config } from './config';
import type { Upload } from './content';
import { boundedFetch, endInTime } from './delivery';
import { debug, guard } from './guard';
import { type Braintrust, loadBraintrust } from './peer';
import { isObject } from './read';
import { say } from './say';
import { type BraintrustState, braintrustState, isSpanParent, type SpanParent } from './state';
import type { Fields } from './types';
import { upload } from './upload';
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
}

/** Where a row will stand: found when the call starts, used when it is over. */
export interface Place {
  /** The span around the call, an experiment, a logger. Absent: the logger that there is when the row is written. */
  parent?: SpanParent | undefined;
  /** `withParent` gave an exported span or trace headers, which only `braintrust` itself can read. */
  exported: boolean;
  /** The span has no parent, whatever its context says. */
  isRoot?: boolean;
  /** The session whose span is the parent, as soon as it has one. */
  session?: Session;
  /** Runs a function in the context that the call was made in: the row is written from another one. */
  inContext<T>(write: () => T): T;
}

/** The place for a call that starts now, or `undefined` where nobody would see its span: then there is nothing to do at all. */
export function findPlace(command: unknown): Place | undefined {
  const state = braintrustState();
  if (state) {
    replaceBuiltIn(state);
    if (isSuppressed(command)) return undefined;
    const place = currentPlace(state);
    if (place) return place;
  }
  if (unavailable) return undefined;
  if (config().hasApiKey) return { exported: false, inContext: AsyncLocalStorage.snapshot() };
  say('no BRAINTRUST_API_KEY, and the application has no Braintrust logger: Bedrock calls are not traced.');
  return undefined;
}

function currentPlace(state: BraintrustState): Place | undefined {
  const span = state.contextManager?.getCurrentSpan?.() ?? state.currentSpan?.getStore?.();
  if (span?.id) return { parent: span, exported: false, inContext: (write) => write() };
  // The no-op span of an application without a logger has an empty id, which a span of ours under it would take for its parent's.
  if (span) {
    const parent = state.currentExperiment ?? state.currentLogger;
    return parent || config().hasApiKey ? { parent, exported: false, isRoot: true, inContext: (write) => write() } : undefined;
  }
  const exported = Boolean(state.currentParent?.getStore?.());
  const parent = state.currentExperiment ?? state.currentLogger;
  return exported || parent ? { parent, exported, inContext: AsyncLocalStorage.snapshot() } : undefined;
}

/** A span whose row is written twice: when it gets its first child, and when it ends. */
export interface Session {
  span?: unknown;
}

/** The place under a session's span. */
export const under = (session: Session): Place => ({ session, exported: false, inContext: (write) => write() });

/** Writes one row when it can be written: now, or as soon as there is a logger. Never waits. */
export function writeRow(place: Place, row: Row, session?: Session): void {
  if (unavailable) return;
  const startSpan = starter(place);
  if (!startSpan) {
    waiting.push(() => writeRow(place, row, session));
    prepare(place);
    return;
  }
  const span = place.inContext(() => quietly(() => startSpan({ ...spanArguments(row), ...(place.isRoot && rootIds()) })));
  if (session) session.span = span;
  upload(row.uploads);
}

/** Completes the row of a session. */
export function finishRow(session: Session, row: Row): void {
  if (unavailable) return;
  if (!isObject(session.span) || typeof session.span.log !== 'function') {
    waiting.push(() => finishRow(session, row));
    return;
  }
  const { input, output, metadata, metrics, end } = row;
  const error = masked(row.error);
  session.span.log({ input, output, metadata, error, metrics: { ...metrics, ...(end !== undefined && { end }) } });
  upload(row.uploads);
}

/** Rows that came before there was a logger, in their order. */
const waiting: (() => void)[] = [];
let braintrust: Braintrust | undefined;
let ownLogger: SpanParent | undefined;
let preparing = false;
/** There is no logger and there will be none: said once, and from then on calls are not traced. */
let unavailable = false;

/** What starts a span at this place; `undefined` until there is a logger. */
function starter(place: Place): ((args: object) => unknown) | undefined {
  if (place.session) return isSpanParent(place.session.span) ? starterOf(place.session.span) : undefined;
  if (place.exported) return braintrust?.startSpan;
  const parent = place.parent ?? braintrustState()?.currentLogger ?? ownLogger;
  return parent && starterOf(parent);
}

const starterOf = (parent: SpanParent) => (args: object) => parent.startSpan(args);

/**
 * Makes sure that there will be a logger. Where the application has not loaded `braintrust` this does, which blocks the event loop for
 * 150–200 ms: a call asks for it once its request is on the way.
 */
export function prepare(place: Place): void {
  if (preparing || starter(place)) return;
  preparing = true;
  setImmediate(() => {
    loadBraintrust()
      .then((loaded) => {
        if (!loaded) return giveUp();
        braintrust = loaded;
        const { hasApiKey, projectId, projectName } = config();
        if (hasApiKey) {
          ownLogger = loaded.initLogger({ projectName, ...(projectId && { projectId }), setCurrent: false, fetch: boundedFetch });
          endInTime(() => braintrustState()?.bgLogger?.());
        }
        preparing = false;
        for (const write of waiting.splice(0)) guard('write', write);
      })
      .catch((error: unknown) => {
        debug('no logger could be made', error);
        giveUp();
      });
  });
}

function giveUp(): void {
  unavailable = true;
  waiting.length = 0;
}

/** Ids of a trace of its own, made as `braintrust` makes them. */
function rootIds(): object {
  const ids = braintrustState()?.idGenerator;
  const spanId = ids?.getSpanId() ?? randomUUID();
  const rootSpanId = ids && !ids.shareRootSpanId() ? ids.getTraceId() : spanId;
  return { spanId, parentSpanIds: { parentSpanIds: [], rootSpanId } };
}

function spanArguments(row: Row): object {
  const { name, type, start, end, input, output, metadata, metrics } = row;
  const error = masked(row.error);
  const created = new Date(start * 1000).toISOString(); // the trace view sorts by it, and the row is written at the end
  const event = { input, output, metadata, error, metrics: { ...metrics, ...(end !== undefined && { end }) }, context: CONTEXT, created };
  return { name, type, startTime: start, event, [INSTRUMENTATION]: 'bedrock-runtime' };
}

/** The application's masking function sees input, output and metadata of every row. It is asked for the error here, which it does not see. */
function masked(error: unknown): unknown {
  if (error === undefined) return undefined;
  const customizers: unknown = Reflect.get(Object(braintrustState()?.bgLogger?.()), 'exportCustomizers');
  let result = error;
  for (const customizer of Array.isArray(customizers) ? customizers : [])
    result = customizer.onSpanExport?.({ output: result })?.output ?? result;
  return result;
}

/** Tells users' span customizers that this is an instrumentation's span. */
const INSTRUMENTATION = Symbol.for('braintrust.spanInstrumentationName');
const CONTEXT = { span_origin: { name: 'braintrust-bedrock', version, instrumentation: { name: 'bedrock-runtime' } } };

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
