/** A JSON object from outside: every value is unknown until it has been narrowed. */
export type JsonObject = Record<string, unknown>;

/** The numbers of a span. Token counts are counts, `start` and `end` Unix seconds, `time_to_first_token` seconds, `latency_ms` milliseconds. */
export interface Metrics {
  start?: number;
  end?: number;
  prompt_tokens?: number;
  completion_tokens?: number;
  tokens?: number;
  prompt_cached_tokens?: number;
  prompt_cache_creation_tokens?: number;
  prompt_cache_creation_5m_tokens?: number;
  prompt_cache_creation_1h_tokens?: number;
  completion_reasoning_tokens?: number;
  prompt_audio_tokens?: number;
  completion_audio_tokens?: number;
  time_to_first_token?: number;
  latency_ms?: number;
  /** Only of CountTokens, where nothing was billed. */
  inputTokens?: number;
}

/** What one half of a call (its request or its response) says about the span. Absent stays absent: nothing is invented. */
export interface Fields {
  input?: unknown;
  output?: unknown;
  metadata?: JsonObject;
  metrics?: Metrics;
}

/** The error of a row. */
export interface ErrorField {
  name: string;
  message: string;
  stack?: string;
  /** What the model itself answered, for an error in the middle of its stream. */
  originalStatusCode?: number;
  originalMessage?: string;
}

/**
 * What a call tells about work that goes on without it: a part of a row that any process may write, in any order, any number of times.
 * What is absent is left to the others, so nothing may be in it that a later part would have to take back: no state but a final one.
 */
export interface Job extends Fields {
  /** What every process knows of it: an ARN, or a batch's id and a record's. The row's ids come from it. */
  key: readonly [string, ...string[]];
  /** The whole name of the span. */
  name: string;
  type: 'llm' | 'task';
  /** Unix seconds, where AWS has told. */
  start?: number;
  end?: number;
  error?: ErrorField;
  /** This call has made it: the row stands under the call's own span, and begins with it where `start` does not say. */
  submitted?: boolean;
}

/** A piece of a session that has a span of its own under the session's. */
export interface Part extends Fields {
  name: string;
  type: 'llm' | 'task';
  /** By the clock that `Accumulator.add` is given, in milliseconds. */
  start: number;
  end: number;
  /** In milliseconds by the same clock. */
  firstToken?: number;
}

/** Folds a stream into the response that the non-streaming call would have given. */
export interface Accumulator {
  /**
   * Folds one event. True when the event carries content (text, reasoning, tool input, media), or one before it has: the first such event is the first token, and
   * what is said of those after it is not asked for. Never keeps or changes the event.
   * @param at when it came, in milliseconds: absent or 0 after the first token
   */
  add(event: JsonObject, at?: number): boolean;
  /** When the first token came, for one that reads events later than they are given. */
  firstToken?(): number | undefined;
  /**
   * Whether events that differ from this one in nothing but the text at this place (`delta.text`) may be given as one event, with their texts put together.
   */
  grows?(event: JsonObject, place: string): boolean;
  /** The response as the non-streaming call would have given it, from what has been folded so far. */
  response(): JsonObject;
  /** Whether the event that ends a whole answer has been seen. */
  complete(): boolean;
  /** The parts that have ended since it was last asked, for a session. `over`: the session is, and what is open ends with it. */
  parts?(over: boolean): Part[];
}

/** One Bedrock Runtime operation: how its request and its response are read. Pure: no I/O, no environment. */
export interface Operation {
  /** The operation in camelCase, which names the span: `bedrock.<name>`. */
  name: string;
  type: 'llm' | 'task';
  request(input: JsonObject): Fields;
  /**
   * What it says of `input` stands instead of what the request said.
   * @param output the SDK's, with what the accumulators give in the place of the streams
   * @param headers of the HTTP response, in lower case
   */
  response(output: JsonObject, input: JsonObject, headers: JsonObject): Fields;
  /** `response` reads headers. */
  headers?: boolean;
  /** What the call tells about jobs, once it has succeeded. */
  jobs?(output: JsonObject, input: JsonObject): Job[];
  /** For operations that send a stream: the input's member that holds it, and what folds it for `response`. */
  sends?: { member: string; accumulator(input: JsonObject): Accumulator };
  /** For operations that answer with a stream: the output's member that holds it, and what folds it. */
  stream?: { member: string; accumulator(input: JsonObject): Accumulator };
}

/** The wire format of an InvokeModel body. Pure, as an operation is. */
export interface Family {
  name: string;
  /** Whether a body is in this format. Asked only where the model id does not tell (an opaque ARN, an unknown vendor). */
  recognises(request: JsonObject, response: JsonObject): boolean;
  /** `input`, and in `metadata` the parameters and tools under the contract's names. */
  request(body: JsonObject): Fields;
  /** `output`; `stopReason`, `responseModel` in `metadata`; token counts that the body has in `metrics`. */
  response(body: JsonObject, request: JsonObject): Fields;
  /** Folds the chunks of InvokeModelWithResponseStream, each parsed, into the body that `response` reads. */
  accumulator(): Accumulator;
}
