import { config } from './config';
import { attach, errorContent, type Snapshot, snapshot } from './content';
import { keep } from './copy';
import { afterwards } from './delivery/work';
import { joinFlush } from './flush';
import { guard } from './guard';
import { traceIdOf } from './jobs/ids';
import { writeJob } from './jobs/write';
import { callMetadata, errorField, outcomeMetadata } from './metadata';
import { isAsyncIterable } from './observe';
import type { Command } from './operations';
import { findPlace, isRecordedByItself, type Place, type Session, under } from './place';
import { isObject, put } from './read';
import { finishRow, writeRow } from './span';
import { watchStream } from './stream';
import type { Accumulator, ErrorField, Fields, JsonObject, Metrics, Part } from './types';
import { begun, finished, Unfinished } from './unfinished';
import { hearSent, Wire } from './wire';

/** How a call ended: nothing of it is the application's any more. */
export interface Ending {
  /** What the SDK gave, for the operation to read. Absent where nothing came. */
  output?: (() => JsonObject) | undefined;
  /** About how many bytes `output` holds. */
  size?: number;
  error?: Failure | undefined;
  streamStatus?: string | undefined;
  /** Seconds. Asked for when all has been read. */
  timeToFirstToken?: (() => number | undefined) | undefined;
}

/** What the application's error says. */
export interface Failure {
  field: ErrorField;
  metadata: JsonObject;
}

/** Read at once: whoever catches an error may change it, and its stack is written when it is first asked for. */
export const failureOf = (error: unknown, wire: Wire): Failure => ({
  field: guard('error', () => errorField(error)) ?? UNREADABLE,
  metadata: guard('error', () => outcomeMetadata(undefined, error, wire)) ?? {},
});

/**
 * One call that is being traced. None of the functions that `traceSend` calls throws; the row is written once, by whichever end comes first.
 * While the application waits, what it has given and been given is copied, and no more: all reading comes when it has gone on.
 */
export class Call {
  /** `performance.now()` at the start. */
  readonly clock = performance.now();
  readonly command: Omit<Command, 'input'>;
  /** A copy of the application's. */
  readonly input: JsonObject;
  readonly wire = new Wire();
  readonly #started = Date.now() / 1000;
  /** About how many bytes `input` holds. */
  readonly #size: number;
  readonly #sent: Accumulator | undefined;
  #read: Snapshot | undefined;
  #session: Session | undefined;
  #open = true;

  /** Begins the record of a call, or gives `undefined` for one that is not traced. */
  static open(command: Command, client: object, args: unknown[]): Call | undefined {
    const place = findPlace(args[0]);
    return place && new Call(command, place, client, isObject(args[1]) ? args[1] : {});
  }

  private constructor(
    { name, service, operation, input }: Command,
    private readonly place: Place,
    client: object,
    readonly options: JsonObject,
  ) {
    const { value, size } = keep(input);
    // Without the input: while a stream is read, the application may have let go of it.
    this.command = { name, service, operation };
    this.input = value;
    this.#size = size;
    this.#sent = operation.sends && guard('sends', () => this.#listenToSent(input));
    begun(this.unfinished);
    guard('wire', () => this.wire.listen(client, operation, input)); // until `sent`: nothing after it may fail
  }

  /** The process ends before the call does. */
  readonly unfinished = new Unfinished(() => this.end({ streamStatus: 'incomplete' }));

  #listenToSent(input: JsonObject): Accumulator | undefined {
    const { sends } = this.command.operation;
    const accumulator = sends?.accumulator(this.input);
    if (sends && accumulator) {
      hearSent(input, sends.member, (event) => guard('sent', () => isObject(event) && accumulator.add(event, performance.now())));
    }
    return accumulator;
  }

  succeed = (output: unknown): void => {
    guard('wire', () => this.wire.over());
    guard('succeed', () => {
      const response = isObject(output) ? output : {};
      const stream = this.command.operation.stream;
      const source = stream && guard('stream', () => response[stream.member]);
      if (stream && isAsyncIterable(source)) {
        watchStream(this, source, keep(withoutMember(response, stream.member)).value);
        return;
      }
      const { value, size } = keep(response);
      this.end({ output: () => value, size });
    });
  };

  fail = (error: unknown): void => {
    guard('wire', () => this.wire.over());
    guard('fail', () => this.end({ error: failureOf(error ?? String(error), this.wire) }));
  };

  sent(): void {
    this.wire.sent();
  }

  /** The request as the row has it. */
  get #request(): Snapshot {
    this.#read ??= guard('request', () => snapshot(this.command.operation.request(this.input))) ?? { value: {}, files: [] };
    return this.#read;
  }

  /** Writes the spans of a session's parts. The session's own row goes first, unfinished: the parts stand under it. */
  part(parts: Part[] = []): void {
    for (const { name, type, start, end, firstToken, ...fields } of parts) {
      if (!this.#session) {
        this.#session = {};
        const begun = { metadata: callMetadata(this.command, this.input), ...this.#request.value };
        const own = { name: this.#name, type: this.command.operation.type, start: this.#started, uploads: [] };
        writeRow(this.place, { ...own, ...begun }, this.#session);
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
    guard('finished', () => finished(this.unfinished));
    const end = this.#seconds(performance.now());
    const write = () => this.#write(ending, end);
    guard('flush', joinFlush);
    guard('end', () => {
      // What it tells of a job is asked for as soon as the application reads the job's results.
      if (this.command.operation.jobs || isRecordedByItself(this.place)) write();
      else afterwards(write, this.#size + (ending.size ?? 0));
    });
  }

  #write(ending: Ending, end: number): void {
    const { operation } = this.command;
    const sent = guard('sent', () => this.#sent?.response());
    const got = guard('output', () => ending.output?.());
    const output = sent ? { ...got, ...sent } : got; // a session that failed was set up, too
    const read = guard('response', () => output && operation.response(output, this.input, this.wire.headers));
    const response = snapshot(read ?? {});
    const uploads = guard('attach', () => attach([...this.#request.files, ...response.files])) ?? [];
    const error = ending.error && (guard('error', () => ending.error && errorContent(ending.error.field)) ?? UNREADABLE);
    const jobs = guard('jobs', () => (!ending.error && output ? operation.jobs?.(output, this.input) : undefined)) ?? [];
    const made = jobs.find(({ submitted }) => submitted);
    const { value: request } = this.#request;
    const row = {
      name: this.#name,
      type: operation.type,
      start: this.#started,
      end,
      error,
      uploads,
      input: response.value.input ?? request.input,
      output: response.value.output,
      metadata: this.#metadata(request, response.value, ending, output),
      metrics: this.#metrics(request, response.value, ending),
      rootSpanId: made && traceIdOf(...made.key),
    };
    const session: Session = {};
    if (this.#session) finishRow(this.#session, row);
    else if (!this.#isIgnored()) writeRow(this.place, row, made && session);
    for (const job of jobs) guard('job', () => writeJob(job, this.place, this.#started, session));
  }

  /** Whether the user wants no span of such a call; what it tells about jobs is wanted all the same. */
  #isIgnored(): boolean {
    return config().ignore.has(this.command.operation.name.toLowerCase());
  }

  get #name(): string {
    return `bedrock.${this.command.operation.name}`;
  }

  /** Unix seconds of a time by `performance.now()`. */
  #seconds(at: number): number {
    return this.#started + (at - this.clock) / 1000;
  }

  #metadata(request: Fields, response: Fields, { error, streamStatus }: Ending, output: JsonObject | undefined): JsonObject {
    const metadata = callMetadata(this.command, this.input, this.wire.region);
    const outcome = error?.metadata ?? guard('outcome', () => outcomeMetadata(output, undefined, this.wire));
    for (const more of [request.metadata, response.metadata, outcome]) put(metadata, more);
    if (streamStatus) metadata.streamStatus = streamStatus;
    return metadata;
  }

  #metrics(request: Fields, response: Fields, { timeToFirstToken }: Ending): Metrics {
    const metrics = put(put<Metrics>({}, request.metrics), response.metrics);
    const time_to_first_token = guard('first token', () => timeToFirstToken?.());
    return time_to_first_token === undefined ? metrics : { ...metrics, time_to_first_token };
  }
}

const withoutMember = (output: JsonObject, name: string) => guard('output', () => ({ ...output, [name]: undefined })) ?? {};

/** An error that throws at whoever looks at it is one all the same. */
const UNREADABLE = { name: 'Error', message: '[unreadable]' };
