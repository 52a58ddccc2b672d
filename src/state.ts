import { isObject } from './read';

/**
 * What `braintrust` keeps on globalThis, shared by every copy of it in the process (ESM and CJS builds, several versions).
 * Read without importing `braintrust`: where nobody has loaded it there is no current span to find, and loading it costs 150 ms.
 */
export interface BraintrustState {
  currentLogger?: SpanParent;
  currentExperiment?: SpanParent;
  contextManager?: {
    getCurrentSpan?(): SpanParent | undefined;
    getParentSpanIds?(): { rootSpanId: string; spanParents: string[] } | undefined;
  };
  /** Up to 3.2: the current span itself. */
  currentSpan?: { getStore?(): SpanParent | undefined };
  /** What `withParent` has set: an exported span, or trace headers. */
  currentParent?: { getStore?(): unknown };
  login?(options: object): Promise<unknown>;
  apiConn?(): { post(path: string, body: object): Promise<Response> };
  bgLogger?(): { flush(): Promise<unknown> };
  orgId?: string | null;
  appUrl?: string | null;
  apiUrl?: string | null;
  loginToken?: string | null;
  orgName?: string | null;
  /** What a log-in has that is given nothing else. */
  loginParams?: unknown;
  fetch?: unknown;
  /** What a span says of where it was made. */
  spanOriginEnvironment?: unknown;
  idGenerator?: { getSpanId(): string; getTraceId(): string; shareRootSpanId(): boolean };
}

/** A span, logger or experiment: anything that starts a span below itself. */
export interface SpanParent {
  kind?: string;
  id?: unknown;
  spanId?: unknown;
  rootSpanId?: unknown;
  spanParents?: unknown;
  getParentInfo?(): unknown;
  startSpan(args: object): unknown;
}

export const STATE = Symbol.for('braintrust-state');

const root: Readonly<Record<symbol, unknown>> = Object(globalThis);

export function braintrustState(): BraintrustState | undefined {
  const state = root[STATE];
  return isObject(state) ? state : undefined;
}
