import { type Arrivals, arrivalsOf } from './arrivals';
import { follow } from './follow';
import { guard } from './guard';
import { isAsyncIterable, tap } from './observe';
import { isObject, object, string } from './read';
import type { JsonObject, Operation } from './types';

type Next = (args: unknown) => unknown;

/**
 * The HTTP side of a call: the SDK keeps neither the headers of its response nor when a frame of a stream came in. What sees it stands
 * around the client's request handler, as the innermost of its middlewares would.
 */
export class Wire {
  /** Of the response to the last attempt, where the operation has a use for them. */
  headers: JsonObject = {};
  /** The region that the request was signed for: the client's own, without asking its providers again. */
  region: string | undefined;
  /** What the SDK's middlewares share about the call: its command and its input among it, so it is let go of with the answer. */
  context: unknown;
  #frames: Arrivals | undefined;
  #operation: Operation | undefined;
  /** The application's own, until `send` has returned. */
  #input: object | undefined;

  /** Listens to a client, from the first time on. Called before the client's `send`, which asks it for its handler. */
  listen(client: object, operation: Operation, input: object): void {
    const stack: unknown = Reflect.get(client, 'middlewareStack');
    if (!isObject(stack)) return;
    this.#operation = operation;
    if (!listening.responses.has(stack)) hearResponses(stack);
    if (operation.sends && !listening.sent.has(stack)) hearSending(stack);
    // A client that keeps its handlers asks once for many calls.
    if (object(Reflect.get(client, 'config'))?.cacheMiddleware === true) wires.set(input, this);
    else {
      this.#input = input;
      current = this;
    }
  }

  /** The client has its handler, or will ask for it too late to be told by the moment whose it is. */
  sent(): void {
    if (current !== this) return;
    current = undefined;
    if (this.context === undefined && this.#input) wires.set(this.#input, this);
    this.#input = undefined;
  }

  /** Whether the response is of any use: waiting for it costs a step of the call. */
  get reads(): boolean {
    const { stream, headers } = this.#operation ?? {};
    return Boolean(stream || headers);
  }

  /** There is an answer, or an error. */
  over(): void {
    const context = object(this.context);
    const smithy = object(context?.__smithy_context);
    const properties = object(object(object(smithy?.selectedHttpAuthScheme)?.httpAuthOption)?.signingProperties);
    this.region = string(properties?.signingRegion) ?? string(properties?.region) ?? string(context?.signing_region);
    this.context = undefined;
  }

  answered(response: JsonObject): void {
    this.headers = object(response.headers) ?? {};
    if (this.#operation?.stream && /eventstream/.test(string(this.headers['content-type']) ?? '')) {
      this.#frames = arrivalsOf(response.body);
    }
  }

  /** When an event-stream frame had arrived, by its index, as `performance.now()`; unknown after the first content. */
  arrival(frame: number): number | undefined {
    return this.#frames?.at(frame);
  }

  /** No further arrivals are asked for. */
  settled(): void {
    this.#frames?.stop();
  }
}

/** The middleware stacks of clients that are listened to: where a response comes from, and what the application sends. */
const listening = { responses: new WeakSet<object>(), sent: new WeakSet<object>() };

/**
 * A command asks the client's stack and its own, put together, for a handler around the request handler, with the context of the call. To a
 * middleware the SDK would tell the same, and copy and sort it with all others at each call.
 */
function hearResponses(stack: JsonObject): void {
  listening.responses.add(stack);
  const { concat } = stack;
  if (typeof concat !== 'function') return;
  stack.concat = function (this: unknown, ...others: unknown[]): unknown {
    const whole: unknown = concat.apply(this, others);
    guard('wire', () => hearHandler(whole));
    return whole;
  };
}

function hearHandler(stack: unknown): void {
  if (!isObject(stack) || typeof stack.resolve !== 'function') return;
  const { resolve } = stack;
  stack.resolve = (handler: Next, context: unknown): unknown => resolve.call(stack, responses(handler, context), context);
}

function hearSending(stack: JsonObject): void {
  listening.sent.add(stack);
  if (typeof stack.add !== 'function') return;
  stack.add(sending, { step: 'initialize', priority: 'high', name: 'braintrustBedrockSending', override: true });
}

/** Whose handler is being asked for: set while a client's `send` itself runs. */
let current: Wire | undefined;
/** By command input, where the moment does not tell. */
const wires = new WeakMap<object, Wire>();

const responses = (next: Next, context: unknown): Next => guard('wire', () => hearing(next, context)) ?? next;

function hearing(next: Next, context: unknown): Next {
  const wire = current;
  if (!wire) return (args) => heard(() => (isObject(args) ? wires.get(Object(args.input)) : undefined), context, next(args));
  wire.context = context;
  return wire.reads ? (args) => heard(() => wire, context, next(args)) : next;
}

function heard(find: () => Wire | undefined, context: unknown, result: unknown): unknown {
  const followed = guard('wire', () => {
    const wire = find();
    if (!wire) return undefined;
    wire.context = context;
    const answered = (value: unknown) =>
      guard('wire', () => {
        const response = isObject(value) ? object(value.response) : undefined;
        if (response) wire.answered(response);
      });
    return follow(result, answered, () => {});
  });
  return followed ?? result;
}

/** Hears the events that the application yields in this member of a command's input. */
export function hearSent(input: object, member: string, heard: (event: unknown) => void): void {
  sent.set(input, { member, heard });
}

/** By command input. */
const sent = new WeakMap<object, { member: string; heard: (event: unknown) => void }>();

const sending =
  (next: Next): Next =>
  (args) =>
    next(guard('sending', () => heardArguments(args)) ?? args);

function heardArguments(args: unknown): unknown {
  const input = isObject(args) ? object(args.input) : undefined;
  const listener = input && sent.get(input);
  if (!isObject(args) || !listener) return args;
  const source = input[listener.member];
  return isAsyncIterable(source) ? { ...args, input: { ...input, [listener.member]: tap(source, listener.heard) } } : args;
}
