import type { JsonObject } from '../../src/types';

/** One HTTP request as the embedded Bedrock saw it. A call that the SDK retries is several requests with the same `call`. */
export interface BedrockRequest {
  /** The operation in Bedrock's own spelling, such as `ConverseStream`; `Unknown` for a path that is not one of Bedrock's. */
  operation: string;
  /** Decoded, as the application gave it. */
  modelId: string | undefined;
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  /** Lower-case names. */
  headers: Record<string, string>;
  /** The parsed JSON body; undefined where there is none, and for the bidirectional stream (see `inbound`). */
  body: unknown;
  /** For InvokeModelWithBidirectionalStream: what the client sends, parsed, as it arrives. Empty for the others. */
  inbound: AsyncIterable<JsonObject>;
  /** 1 for the first try of a call, 2 for its first retry. */
  attempt: number;
  /** The SDK's invocation id: the same for every attempt of one call. */
  call: string;
  httpVersion: '1.1' | '2.0';
}

/**
 * One item of an event-stream answer.
 *
 * - `{ contentBlockDelta: { … } }`: an event by its type. `{ chunk: { … } }` is sent as InvokeModel streams send it: the JSON as base64 in `bytes`.
 * - `{ exception: 'throttlingException', message }`: an exception frame. As the first item it rejects `send`, later it throws while iterating.
 * - `{ waitMs }`: a pause.
 * - `'cut'`: the socket is destroyed here.
 * - a Buffer: bytes put on the wire as they are.
 */
export type AnswerEvent =
  | 'cut'
  | Buffer
  | { exception: string; message: string }
  | { waitMs: number }
  | { [type: string]: JsonObject | Buffer };

type AnswerEvents = Iterable<AnswerEvent> | AsyncIterable<AnswerEvent>;

/** What the embedded Bedrock answers. The members that are absent have the values of a good answer. */
export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  json?: unknown;
  /** The body as bytes, instead of `json`. */
  body?: Buffer;
  /** An event stream, instead of `json`. */
  events?: AnswerEvents;
}

/** Gives the answer to a request, or undefined for the built-in behaviour. */
type Respond = (request: BedrockRequest) => Answer | undefined | Promise<Answer | undefined>;

export interface BedrockOptions {
  respond?: Respond;
  /** The port on 127.0.0.1; a free one without it. */
  port?: number;
  /** How long the built-in models think before they answer. 0 without it. */
  latencyMs?: number;
  /** The pause between two events of a built-in stream. 0 without it. */
  chunkMs?: number;
  /**
   * How many calls of GetAsyncInvoke or GetModelInvocationJob see a job on its way before it is done. 1 without it. With 0 it is
   * done as soon as it is submitted, so that a List, which moves nothing on, shows it done.
   */
  pollsUntilDone?: number;
  batch?: BatchOptions;
}

export interface BatchOptions {
  /**
   * How a batch job ends; undefined for the built-in end: `Failed`, `PartiallyCompleted`, `Expired` or `Stopped` where the job's name
   * has the word "fail", "partial", "expire" or "stop" in it, else `Completed`.
   */
  outcome?: (job: BatchJob) => BatchOutcome | undefined;
  /** Where batch jobs read their records and write their results. Without it they only say that they did. */
  s3?: BatchStorage;
}

interface BatchJob {
  jobArn: string;
  jobName: string;
  modelId: string;
  clientRequestToken: string;
}

export interface BatchOutcome {
  status: 'Completed' | 'PartiallyCompleted' | 'Failed' | 'Stopped' | 'Expired';
  /** Why it failed, or what it has to say. */
  message?: string;
  records?: RecordCounts;
}

/** The records that have not been processed are those of `total` that are neither. */
export interface RecordCounts {
  total: number;
  success: number;
  error: number;
}

/** The part of an S3 that batch jobs need; objects have `s3://` URIs. */
export interface BatchStorage {
  uris(prefix: string): string[];
  read(uri: string): Promise<Buffer | undefined>;
  put(uri: string, content: Buffer): void;
}

/** An error answer as Bedrock sends one. */
export function failure(status: number, type: string, message: string): Answer {
  return { status, headers: { 'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/` }, json: { message } };
}
