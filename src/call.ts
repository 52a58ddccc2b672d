import { attach, type Snapshot, snapshot } from './content';
import { guard } from './guard';
import { callMetadata, type ErrorField, errorField, outcomeMetadata } from './metadata';
import { isAsyncIterable } from './observe';
import { type Command, commandOf } from './operations';
import { isObject } from './read';
import { findPlace, type Place, prepare, writeRow } from './span';
import { watchStream } from './stream';
import type { Accumulator, Fields, JsonObject } from './types';
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

/** One call that is being traced. None of the functions that `traceSend` calls throws; the row is written once, by whichever end comes first. */
export class Call {
  /** `performance.now()` at the start. */
  readonly clock = performance.now();
  readonly input: JsonObject;
  readonly #started = Date.now() / 1000;
  readonly #request: Snapshot<Fields>;
  readonly #sent: Accumulator | undefined;
  #open = true;

  /** Begins the record of a call, or gives `undefined` for one that is not traced. */
  static open(client: object, args: unknown[]): Call | undefined {
    const command = commandOf(args[0]);
    const place = command && findPlace();
    return place && new Call(command, place, client, isObject(args[1]) ? args[1] : {});
  }

  private constructor(
    readonly command: Command,
    private readonly place: Place,
    client: object,
    readonly options: JsonObject,
  ) {
    this.input = { ...command.input }; // the application may use the object again before this call is over
    this.#request = guard('request', () => snapshot(command.operation.request(this.input))) ?? { value: {}, files: [] };
    this.#sent = guard('sends', () => this.#listenToSent());
    guard('wire', () => listenToWire(client));
  }

  #listenToSent(): Accumulator | undefined {
    const { sends } = this.command.operation;
    const accumulator = sends?.accumulator(this.input);
    if (sends && accumulator) {
      hearSent(this.command.input, sends.member, (event) => guard('sent', () => isObject(event) && accumulator.add(event)));
    }
    return accumulator;
  }

  /** The request is on its way: time for what would have delayed it. */
  sent = (): void => {
    guard('prepare', () => prepare(this.place));
  };

  succeed = (output: unknown): void => {
    guard('succeed', () => {
      const response = isObject(output) ? output : {};
      const stream = this.command.operation.stream;
      const source = stream && response[stream.member];
      if (stream && isAsyncIterable(source)) watchStream(this, source, { ...response, [stream.member]: undefined }, wireOf(response));
      else this.end({ output: response, wire: wireOf(response) });
    });
  };

  fail = (error: unknown): void => {
    guard('fail', () => this.end({ error, wire: wireOf(error) }));
  };

  end(ending: Ending): void {
    if (!this.#open) return;
    this.#open = false;
    const end = this.#started + (performance.now() - this.clock) / 1000;
    guard('row', () => {
      const { operation } = this.command;
      const output = ending.output && { ...ending.output, ...guard('sent', () => this.#sent?.response()) };
      const read = guard('response', () => output && operation.response(output, this.input, ending.wire?.headers ?? {}));
      const response = snapshot<Fields>(read ?? {});
      const uploads = guard('attach', () => attach([...this.#request.files, ...response.files])) ?? [];
      const error: ErrorField | undefined = ending.error === undefined ? undefined : errorField(ending.error);
      writeRow(this.place, {
        name: `bedrock.${operation.name}`,
        type: operation.type,
        start: this.#started,
        end,
        error,
        uploads,
        ...this.#fields(response.value, ending),
      });
    });
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
        ...outcomeMetadata(ending.output, ending.error, wire),
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
