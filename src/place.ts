import { AsyncLocalStorage } from 'node:async_hooks';
import { isSuppressed, replaceBuiltIn } from './built-in';
import { config } from './config';
import { type Destination, isLazy, LOGS, ownDestination, theirDestination } from './delivery/destination';
import { type Braintrust, loadedBraintrust } from './peer';
import { isObject } from './read';
import { say } from './say';
import { type BraintrustState, braintrustState, type SpanParent } from './state';

/** Where a row will stand: found when the call starts, used when it is over. */
export interface Place {
  /** The span around the call, an experiment, a logger. Absent: the logger that there is when the row is written. */
  parent?: SpanParent | undefined;
  /** `withParent` gave an exported span or trace headers, which only `braintrust` itself can read. */
  exported: boolean;
  /** The span has no parent, whatever its context says. */
  isRoot?: boolean;
  /** The current logger, where the parent is a span: it may be the span's. */
  logger?: SpanParent | undefined;
  /** The session whose span is the parent. */
  session?: Session;
  /** The ids around the call that a context manager knows where there is no span to ask, such as OpenTelemetry's. */
  around?: ReturnType<NonNullable<NonNullable<BraintrustState['contextManager']>['getParentSpanIds']>>;
  /** Runs a function in the context that the call was made in: what `withParent` gave is read when `braintrust` is there to read it. */
  inContext?<T>(read: () => T): T;
}

/** The span of a call whose row others stand under, or that is written in several parts: known as soon as its first part is. */
export interface Session {
  written?: Written;
}

/** A row of ours. */
export interface Written {
  id: string;
  spanId: string;
  standing: Standing;
  trace: Trace;
  /** The span of `braintrust` that has the row, where it is not ours. */
  span?: unknown;
}

/** A row's trace and what it stands under in it. */
export interface Trace {
  rootSpanId: string;
  parents: readonly string[];
}

/** A place that is known: where its rows go, and under what. */
export interface Standing {
  /** Absent for a logger that is not built as we know it. */
  destination?: Destination | undefined;
  /** Absent: a trace of its own. */
  trace?: Trace;
  /** Event members that the parent hands down to every span below it. */
  inherited?: unknown;
  /** An experiment keeps its own record of its spans, so `braintrust` writes them. */
  startSpan?: (args: object) => unknown;
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
  if (config().hasApiKey) return { exported: false };
  say('no BRAINTRUST_API_KEY, and the application has no Braintrust logger: Bedrock calls are not traced.');
  return undefined;
}

function currentPlace(state: BraintrustState): Place | undefined {
  const span = state.contextManager?.getCurrentSpan?.() ?? state.currentSpan?.getStore?.();
  if (span?.id) return { parent: span, exported: false, logger: state.currentLogger };
  // The no-op span of an application without a logger has an empty id, which a span of ours under it would take for its parent's.
  if (span) {
    const parent = state.currentExperiment ?? state.currentLogger;
    return parent || config().hasApiKey ? { parent, exported: false, isRoot: true } : undefined;
  }
  const parent = state.currentExperiment ?? state.currentLogger;
  if (state.currentParent?.getStore?.()) return { parent, exported: true, inContext: AsyncLocalStorage.snapshot() };
  return parent && { parent, exported: false, around: state.contextManager?.getParentSpanIds?.() };
}

/** Whether an experiment keeps a record of its own of what stands here, which its scorers may ask for as soon as the call is over. */
export function isRecordedByItself({ parent }: Place): boolean {
  if (!parent || parent.kind === 'logger') return false;
  const info = parent.kind === 'span' ? parent.getParentInfo?.() : undefined;
  return !isObject(info) || info.objectType !== LOGS;
}

/** The place under a session's span. */
export const under = (session: Session): Place => ({ session, exported: false });

/** What a place is, or `undefined` where that takes the `braintrust` package, which is not loaded yet. */
export function standingOf(place: Place): Standing | undefined {
  const { session } = place;
  if (session) return session.written && below(session.written);
  const state = braintrustState();
  if (place.exported) {
    const braintrust = loadedBraintrust();
    return braintrust && state && ofExported(place, braintrust, state);
  }
  const parent = place.parent ?? state?.currentLogger;
  if (state && parent) return parent.kind === 'span' ? ofSpan(parent, state, place.logger) : ofLogger(place, parent, state);
  const destination = ownDestination();
  return destination && { destination };
}

function below({ spanId, standing, trace, span }: Written): Standing {
  const { startSpan: _, ...rest } = standing;
  return { ...rest, trace: { rootSpanId: trace.rootSpanId, parents: [spanId] }, ...(isParent(span) && { startSpan: starterOf(span) }) };
}

function ofSpan(span: SpanParent, state: BraintrustState, current?: SpanParent): Standing {
  const info = span.getParentInfo?.();
  const { objectType, objectId, computeObjectMetadataArgs } = isObject(info) ? info : {};
  if (!isLazy(objectId) || typeof span.spanId !== 'string' || typeof span.rootSpanId !== 'string') return { startSpan: starterOf(span) };
  const account = ownState(span, '_state') ?? state;
  const logger = [current, account.currentLogger].find((one) => one && Reflect.get(one, 'lazyId') === objectId);
  return {
    destination: theirDestination({ id: objectId, objectType, metadata: computeObjectMetadataArgs, state: account, logger }),
    trace: { rootSpanId: span.rootSpanId, parents: [span.spanId] },
    inherited: Reflect.get(span, 'propagatedEvent'),
    ...(objectType !== LOGS && { startSpan: starterOf(span) }),
  };
}

function ofLogger(place: Place, logger: SpanParent, state: BraintrustState): Standing {
  const [id, metadata, type] = ['lazyId', 'computeMetadataArgs', 'parentObjectType'].map((name) => Reflect.get(logger, name));
  if (!isLazy(id)) return { startSpan: starterOf(logger) };
  const objectType: unknown = typeof type === 'function' ? type.call(logger) : undefined;
  const { around } = place;
  return {
    destination: theirDestination({ id, objectType, metadata, state: ownState(logger, 'state') ?? state, logger }),
    ...(around && { trace: { rootSpanId: around.rootSpanId, parents: around.spanParents } }),
    ...(objectType !== LOGS && { startSpan: starterOf(logger) }),
  };
}

/** A span of `braintrust` that nobody sees, only to learn where it would stand. */
function ofExported(place: Place, braintrust: Braintrust, state: BraintrustState): Standing | undefined {
  const logger = state.bgLogger?.();
  const kept = logger && Object.getOwnPropertyDescriptor(logger, 'log');
  if (logger) Object.defineProperty(logger, 'log', { value: () => {}, configurable: true, writable: true });
  try {
    const span = (place.inContext ?? direct)(() => braintrust.startSpan({ name: 'place' }));
    const standing = isParent(span) ? ofSpan(span, state) : undefined;
    const parents = isParent(span) && Array.isArray(span.spanParents) ? span.spanParents : [];
    return standing?.trace && { ...standing, trace: { rootSpanId: standing.trace.rootSpanId, parents } };
  } finally {
    if (kept && logger) Object.defineProperty(logger, 'log', kept);
    else if (logger) Reflect.deleteProperty(logger, 'log');
  }
}

/** The account that a logger or a span has been given, where that is not the one of all (`initLogger({ state })`). */
function ownState(parent: SpanParent, name: string): BraintrustState | undefined {
  const state: unknown = Reflect.get(parent, name);
  return isObject(state) ? state : undefined;
}

const isParent = (value: unknown): value is SpanParent => isObject(value) && typeof value.startSpan === 'function';
const starterOf = (parent: SpanParent) => (args: object) => parent.startSpan(args);
const direct = <T>(read: () => T): T => read();
