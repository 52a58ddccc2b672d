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
  /** Whose `send` was running when this one's began. */
  #outer: Wire | undefined;
  #isSending = false;

  /** Listens to a client, from the first time on. Called before the client's `send`, which asks it for its handler. */
  listen(client: object, operation: Operation, input: object): void {
    const stack: unknown = Reflect.get(client, 'middlewareStack');
    if (!isObject(stack)) return;
    this.#operation = operation;
    hearOnce(stack, RESPONSES, () => {
      if (!guard('wire', () => hearResponses(stack))) add(stack, responses, 'Response', { step: 'deserialize', priority: 'low' });
    });
    if (operation.sends) hearOnce(stack, SENT, () => add(stack, sending, 'Sending', { step: 'initialize', priority: 'high' }));
    this.#outer = current;
    this.#isSending = true;
    // A client that keeps its handlers asks once for many calls.
    const keepsHandlers = object(Reflect.get(client, 'config'))?.cacheMiddleware === true;
    current = keepsHandlers ? undefined : this;
    if (keepsHandlers) wires.set(input, this);
    else this.#input = input;
  }

  /** The client has its handler, or will ask for it too late to be told by the moment whose it is. */
  sent(): void {
    if (!this.#isSending) return;
    this.#isSending = false;
    current = this.#outer;
    this.#outer = undefined;
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

/** What a client's stack is marked with: on itself, since a Proxy around it may be a new one each time. A second copy of us has its own marks. */
const RESPONSES = Symbol('responses');
const SENT = Symbol('sent');
/** Those that nobody may mark. */
const unmarked = { [RESPONSES]: new WeakSet<object>(), [SENT]: new WeakSet<object>() };

function hearOnce(stack: JsonObject, mark: typeof RESPONSES | typeof SENT, hear: () => void): void {
  if (Reflect.get(stack, mark) === true || unmarked[mark].has(stack)) return;
  if (!Reflect.defineProperty(stack, mark, { value: true })) unmarked[mark].add(stack);
  hear();
}

/**
 * A command asks the client's stack and its own, put together, for a handler around the request handler, with the context of the call. To a
 * middleware the SDK would tell the same, and copy and sort it with all others at each call. False where the stack cannot be listened to.
 */
function hearResponses(stack: unknown): boolean {
  if (!isObject(stack)) return false;
  const { concat, clone, resolve } = stack;
  if (Object.isFrozen(stack) || typeof concat !== 'function' || typeof clone !== 'function' || typeof resolve !== 'function') return false;
  // What is made of it is listened to as it is itself.
  const listened = (made: unknown): unknown => {
    guard('wire', () => hearResponses(made));
    return made;
  };
  stack.concat = (...others: unknown[]): unknown => listened(concat.apply(stack, others));
  stack.clone = (...args: unknown[]): unknown => listened(clone.apply(stack, args));
  stack.resolve = (handler: Next, context: unknown): unknown => resolve.call(stack, responses(handler, context), context);
  return true;
}

function add(stack: JsonObject, middleware: (next: Next, context: unknown) => Next, name: string, options: object): void {
  if (typeof stack.add === 'function') stack.add(middleware, { ...options, name: `braintrustBedrock${name}`, override: true });
}

/** Whose handler is being asked for: set while a client's `send` itself runs; absent where many calls will have it. */
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
