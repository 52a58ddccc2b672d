import { config } from './config';
import { attach, errorContent, type Snapshot, snapshot } from './content';
import { copyOf } from './copy';
import { guard } from './guard';
import { rowIds, traceIdOf } from './jobs/ids';
import { remember } from './jobs/known';
import { callMetadata, errorField, outcomeMetadata } from './metadata';
import { isAsyncIterable } from './observe';
import { type Command, commandOf } from './operations';
import { findPlace, type Place, type Session, under } from './place';
import { isObject, object } from './read';
import { finishRow, mergeRow, traceOf, writeRow } from './span';
import { watchStream } from './stream';
import type { Accumulator, Fields, Job, JsonObject, Part } from './types';
import { begun, finished } from './unfinished';
import { hearSent, listenToWire, type Wire, wireOf } from './wire';

/** How a call ended. */
export interface Ending {
  /** What the SDK gave: read by the operation. Absent where nothing came. */
  output?: JsonObject;
  error?: unknown;
  streamStatus?: string | undefined;
  /** Seconds. */
  timeToFirstToken?: number | undefined;
  wire?: Wire | undefined;
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

/** One call that is being traced. None of the functions that `traceSend` calls throws; the row is written once, by whichever end comes first. */
export class Call {
  /** `performance.now()` at the start. */
  readonly clock = performance.now();
  readonly input: JsonObject;
  readonly #started = Date.now() / 1000;
  readonly #request: Snapshot;
  readonly #sent: Accumulator | undefined;
  #session: Session | undefined;
  #open = true;

  /** Begins the record of a call, or gives `undefined` for one that is not traced. */
  static open(client: object, args: unknown[]): Call | undefined {
    const command = commandOf(args[0]);
    const place = command && findPlace(args[0]);
    return place && new Call(command, place, client, isObject(args[1]) ? args[1] : {});
  }

  private constructor(
    readonly command: Command,
    private readonly place: Place,
    client: object,
    readonly options: JsonObject,
  ) {
    // The application may use its objects again before this call is over; what the row of a job says of them is read then.
    const copy = (input: JsonObject) => (command.operation.jobs && object(copyOf(input))) ?? input;
    this.input = guard('input', () => copy({ ...command.input })) ?? {};
    this.#request = guard('request', () => snapshot(command.operation.request(this.input))) ?? { value: {}, files: [] };
    this.#sent = guard('sends', () => this.#listenToSent());
    guard('wire', () => listenToWire(client));
    begun(this.atExit);
  }

  /** The process ends before the call does. */
  readonly atExit = (): void => this.end({ streamStatus: 'incomplete' });

  #listenToSent(): Accumulator | undefined {
    const { sends } = this.command.operation;
    const accumulator = sends?.accumulator(this.input);
    if (sends && accumulator) {
      hearSent(this.command.input, sends.member, (event) =>
        guard('sent', () => isObject(event) && accumulator.add(event, performance.now())),
      );
    }
    return accumulator;
  }

  succeed = (output: unknown): void => {
    guard('succeed', () => {
      const response = isObject(output) ? output : {};
      const stream = this.command.operation.stream;
      const source = stream && guard('stream', () => response[stream.member]);
      if (stream && isAsyncIterable(source)) watchStream(this, source, withoutMember(response, stream.member), wireOf(response));
      else this.end({ output: response, wire: wireOf(response) });
    });
  };

  fail = (error: unknown): void => {
    guard('fail', () => this.end({ error: error ?? String(error), wire: wireOf(error) }));
  };

  /** Writes the spans of a session's parts. The session's own row goes first, unfinished: the parts stand under it. */
  part(parts: Part[] = []): void {
    for (const { name, type, start, end, firstToken, ...fields } of parts) {
      if (!this.#session) {
        this.#session = {};
        const begun = { metadata: callMetadata(this.command, this.input, undefined), ...this.#request.value };
        writeRow(this.place, { ...this.#row(), ...begun, uploads: [] }, this.#session);
      }
      const copy = snapshot(fields);
      const uploads = guard('attach', () => attach(copy.files)) ?? [];
      const metrics = { ...copy.value.metrics, ...(firstToken !== undefined && { time_to_first_token: (firstToken - start) / 1000 }) };
      writeRow(under(this.#session), { ...copy.value, metrics, name, type, start: this.#seconds(start), end: this.#seconds(end), uploads });
    }
  }

  end(ending: Ending): void {
    if (!this.#open) return;
    this.#open = false;
    finished(this.atExit);
    const end = this.#seconds(performance.now());
    guard('row', () => {
      const { operation } = this.command;
      const sent = guard('sent', () => this.#sent?.response());
      const output = guard('output', () => (ending.output ?? sent) && { ...ending.output, ...sent }); // a session that failed was set up, too
      const read = guard('response', () => output && operation.response(output, this.input, ending.wire?.headers ?? {}));
      const response = snapshot(read ?? {});
      const uploads = guard('attach', () => attach([...this.#request.files, ...response.files])) ?? [];
      const error = ending.error === undefined ? undefined : (guard('error', () => errorContent(errorField(ending.error))) ?? UNREADABLE);
      const jobs = guard('jobs', () => (ending.error === undefined && output ? operation.jobs?.(output, this.input) : undefined)) ?? [];
      const made = jobs.find(({ submitted }) => submitted);
      const row = { ...this.#row(), end, error, uploads, ...this.#fields(response.value, ending) };
      const session: Session = {};
      if (this.#session) finishRow(this.#session, row);
      else if (!this.#isIgnored()) writeRow(this.place, { ...row, rootSpanId: made && traceIdOf(...made.key) }, made && session);
      for (const job of jobs) guard('job', () => this.#writeJob(job, session));
    });
  }

  /** Whether the user wants no span of such a call; what it tells about jobs is wanted all the same. */
  #isIgnored(): boolean {
    const { name } = this.command.operation;
    return config().ignore.has(name.toLowerCase());
  }

  #writeJob({ key, name, type, start, end, error, submitted, ...fields }: Job, session: Session): void {
    const copy = snapshot(fields);
    const uploads = attach(copy.files);
    const row = { ...copy.value, start, end, name, type, uploads, ids: rowIds(...key), error: error && errorContent(error) };
    if (!submitted || !isFirst(key)) {
      mergeRow(this.place, row);
      return;
    }
    const { written } = session;
    const trace = written ? { rootSpanId: written.trace.rootSpanId, parents: [written.spanId] } : traceOf(this.place, traceIdOf(...key));
    // The records of its results, should this process read them, stand in the same trace.
    remember(key[0], { rootSpanId: trace.rootSpanId });
    mergeRow(this.place, { ...row, start: start ?? this.#started, trace });
  }

  #row() {
    const { name, type } = this.command.operation;
    return { name: `bedrock.${name}`, type, start: this.#started };
  }

  /** Unix seconds of a time by `performance.now()`. */
  #seconds(at: number): number {
    return this.#started + (at - this.clock) / 1000;
  }

  #fields(response: Fields, ending: Ending): Fields {
    const request = this.#request.value;
    const { timeToFirstToken, streamStatus, wire } = ending;
    return {
      input: response.input ?? request.input,
      output: response.output,
      metadata: {
        ...callMetadata(this.command, this.input, wire),
        ...request.metadata,
        ...response.metadata,
        ...guard('outcome', () => outcomeMetadata(ending.output, ending.error, wire)),
        ...(streamStatus && { streamStatus }),
      },
      metrics: {
        ...request.metrics,
        ...response.metrics,
        ...(timeToFirstToken !== undefined && { time_to_first_token: timeToFirstToken }),
      },
    };
  }
}

const withoutMember = (output: JsonObject, name: string) => guard('output', () => ({ ...output, [name]: undefined })) ?? {};

/** An error that throws at whoever looks at it is one all the same. */
const UNREADABLE = { name: 'Error', message: '[unreadable]' };
