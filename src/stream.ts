import type { Call } from './call';
import { guard } from './guard';
import { type Listener, observe } from './observe';
import { isObject, object } from './read';
import type { Accumulator, JsonObject } from './types';
import { begun, finished } from './unfinished';
import type { Wire } from './wire';

/**
 * Follows a call's response stream to whichever end comes first. The stream itself is not kept: an application that never reads it
 * lets go of it, and that is an end too.
 * @param head the output without its stream
 */
export function watchStream(call: Call, source: AsyncIterable<unknown>, head: JsonObject, wire: Wire | undefined): void {
  const accumulator = guard('accumulator', () => call.command.operation.stream?.accumulator(call.input)) ?? EMPTY;
  let frames = 0;
  let timeToFirstToken: number | undefined;

  const close = (streamStatus: string | undefined, error?: unknown) => {
    if (!finished(atExit)) return;
    guard('parts', () => call.part(accumulator.parts?.(true)));
    const output = { ...head, ...guard('accumulator', () => accumulator.response()) };
    guard('end', () => call.end({ output, error, streamStatus, timeToFirstToken, wire }));
  };
  const atExit = () => close(frames > 0 ? 'incomplete' : 'abandoned');
  const event = (event: unknown) => {
    const frame = frames++;
    const at = wire?.arrival(frame) ?? performance.now();
    const hasContent = isObject(event) && accumulator.add(event, at);
    if (accumulator.parts) call.part(accumulator.parts(false));
    if (!hasContent || timeToFirstToken !== undefined) return;
    timeToFirstToken = (at - call.clock) / 1000;
    if (!accumulator.parts) wire?.settled(); // the parts of a session have first tokens of their own
  };

  finished(call.atExit);
  begun(atExit);
  const isWhole = () => guard('complete', () => accumulator.complete()) ?? false;
  const wasAborted = () => guard('aborted', () => object(call.options.abortSignal)?.aborted === true) ?? false;
  const listener: Listener = {
    event: (value) => guard('event', () => event(value)),
    end: (how) => close(isWhole() ? undefined : how === 'cancelled' ? 'cancelled' : wasAborted() ? 'aborted' : 'incomplete'),
    fail: (error) => close(wasAborted() ? 'aborted' : 'failed', error),
    collected: () => close(frames > 0 ? 'cancelled' : 'abandoned'),
  };
  if (!isObserved(source, listener)) close(undefined); // a frozen stream: the call is known, what it answers is not
}

/** A function of its own, so that nothing which outlives the stream closes over it. */
function isObserved(source: AsyncIterable<unknown>, listener: Listener): boolean {
  const observed = guard('observe', () => {
    observe(source, listener);
    return true;
  });
  return observed === true;
}

const EMPTY: Accumulator = { add: () => false, response: () => ({}), complete: () => false };
