import { arrivalsOf } from './arrivals';
import { follow } from './follow';
import { guard } from './guard';
import { isAsyncIterable, tap } from './observe';
import { isObject, object, string } from './read';
import type { JsonObject } from './types';

/** What only the HTTP response tells: the SDK keeps neither its headers nor when a frame came in. */
export interface Wire {
  headers: JsonObject;
  region: string | undefined;
  /** When an event-stream frame had arrived, by its index, as `performance.now()`; unknown after the first content. */
  arrival(frame: number): number | undefined;
  /** No further arrivals are asked for. */
  settled(): void;
}

/** The HTTP side of an output or an error that the SDK has given. */
export const wireOf = (outcome: unknown): Wire | undefined =>
  typeof outcome === 'object' && outcome !== null ? wires.get(outcome) : undefined;

/**
 * Adds middlewares to a client, once: the SDK's own way to see the response, outside its reader (the output or the error is there) and
 * inside (the body has not been read), and to hear a stream that the application sends. What they see is kept by the identity of the
 * output, the error or the input, so that nothing has to be passed through the call.
 */
export function listenToWire(client: object): void {
  const stack = object(Reflect.get(client, 'middlewareStack'));
  if (!stack || typeof stack.add !== 'function' || listening.has(stack)) return;
  listening.add(stack);
  stack.add(sending, { step: 'initialize', priority: 'high', name: 'braintrustBedrockSending', override: true });
  stack.add(outside, { step: 'deserialize', priority: 'high', name: 'braintrustBedrockOutcome', override: true });
  stack.add(inside, { step: 'deserialize', priority: 'low', name: 'braintrustBedrockResponse', override: true });
}

const listening = new WeakSet<object>();
/** By output or error. */
const wires = new WeakMap<object, Wire>();
/** By HTTP response. */
const arrivals = new WeakMap<object, ReturnType<typeof arrivalsOf>>();

type Next = (args: unknown) => unknown;

/** Hears the events that the application yields in this member of a command's input. */
export function hearSent(input: object, member: string, heard: (event: unknown) => void): void {
  sent.set(input, { member, heard });
}

/** By command input. */
const sent = new WeakMap<object, { member: string; heard: (event: unknown) => void }>();

const sending = (next: Next) => (args: unknown) => next(guard('sending', () => heardArguments(args)) ?? args);

function heardArguments(args: unknown): unknown {
  const input = isObject(args) ? object(args.input) : undefined;
  const listener = input && sent.get(input);
  if (!isObject(args) || !listener) return args;
  const source = input[listener.member];
  return isAsyncIterable(source) ? { ...args, input: { ...input, [listener.member]: tap(source, listener.heard) } } : args;
}

const outside = (next: Next, context: unknown) => (args: unknown) =>
  heard(next(args), {
    fulfilled: (result) => isObject(result) && remember(result.output, result.response, context),
    rejected: (error) => isObject(error) && remember(error, error.$response, context),
  });

const inside = (next: Next) => (args: unknown) =>
  heard(next(args), {
    fulfilled(result) {
      const response = isObject(result) ? object(result.response) : undefined;
      if (response && isEventStream(response)) arrivals.set(response, arrivalsOf(response.body));
    },
    rejected() {},
  });

function heard(result: unknown, { fulfilled, rejected }: { fulfilled(value: unknown): void; rejected(error: unknown): void }): unknown {
  const followed = guard('wire', () =>
    follow(
      result,
      (value) => guard('wire', () => fulfilled(value)),
      (error) => guard('wire', () => rejected(error)),
    ),
  );
  return followed ?? result;
}

const isEventStream = (response: JsonObject) => /eventstream/.test(string(object(response.headers)?.['content-type']) ?? '');

function remember(outcome: unknown, response: unknown, context: unknown): void {
  if (!isObject(outcome)) return;
  const frames = isObject(response) ? arrivals.get(response) : undefined;
  wires.set(outcome, {
    headers: (isObject(response) && object(response.headers)) || {},
    region: signingRegion(context),
    arrival: (frame) => frames?.at(frame),
    settled: () => frames?.stop(),
  });
}

/** The region that the request was signed for: the client's own, without asking its providers again. */
function signingRegion(context: unknown): string | undefined {
  const smithy = isObject(context) ? object(context.__smithy_context) : undefined;
  const properties = object(object(object(smithy?.selectedHttpAuthScheme)?.httpAuthOption)?.signingProperties);
  const config = isObject(context) ? string(context.signing_region) : undefined;
  return string(properties?.signingRegion) ?? string(properties?.region) ?? config;
}
