import { type Call, failureOf } from './call';
import { debug, guard } from './guard';
import { type Listener, observe } from './observe';
import { isObject, object } from './read';
import type { Accumulator, JsonObject } from './types';
import { continued, finished } from './unfinished';

/**
 * Follows a call's response stream to whichever end comes first. The stream itself is not kept: an application that never reads it
 * lets go of it, and that is an end too.
 * @param head the output without its stream
 */
export function watchStream(call: Call, source: AsyncIterable<unknown>, head: JsonObject): void {
  const accumulator = guard('accumulator', () => call.command.operation.stream?.accumulator(call.input)) ?? EMPTY;
  const { listener, end } = listenerOf({ call, head, accumulator });
  continued(call.unfinished, end);
  if (!isObserved(source, listener)) listener.end('unwatched'); // a frozen stream: the call is known, what it answers is not
}

/** A stream that is being read. */
interface Reading {
  call: Call;
  head: JsonObject;
  accumulator: Accumulator;
}

/** What hears the stream, and what ends the record of it with the process. */
function listenerOf(begun: Reading): { listener: StreamListener; end: () => void } {
  // The application may keep the stream as long as it likes, and with it the listener: from its end on, that holds nothing of the call.
  let reading: Reading | undefined = begun;
  let frames = 0;
  let firstToken: number | undefined;

  const close = (streamStatus: string | undefined, error?: unknown) => {
    if (!reading) return;
    const { call, head, accumulator } = reading;
    reading = undefined;
    guard('finished', () => finished(call.unfinished));
    guard('parts', () => call.part(accumulator.parts?.(true)));
    const output = () => ({ ...head, ...guard('accumulator', () => accumulator.response()) });
    guard('end', () => {
      const failure = error === undefined ? undefined : failureOf(error, call.wire);
      // Some have not read yet what they have heard.
      const timeToFirstToken = () => secondsTo(firstToken ?? accumulator.firstToken?.(), call.clock);
      call.end({ output, error: failure, streamStatus, timeToFirstToken });
    });
  };
  const end = () => close(frames > 0 ? 'incomplete' : 'abandoned');
  const event = (value: unknown) => {
    if (!reading) return;
    const { call, accumulator } = reading;
    const frame = frames++;
    // Only the first token has a time, and the parts of a session.
    const at = firstToken !== undefined && !accumulator.parts ? 0 : (call.wire.arrival(frame) ?? performance.now());
    const hasContent = isObject(value) && accumulator.add(value, at);
    if (accumulator.parts) call.part(accumulator.parts(false));
    if (!hasContent || firstToken !== undefined) return;
    firstToken = accumulator.firstToken?.() ?? at;
    if (!accumulator.parts) call.wire.settled(); // the parts of a session have first tokens of their own
  };
  const isWhole = () => guard('complete', () => reading?.accumulator.complete()) ?? false;
  const wasAborted = () => guard('aborted', () => object(reading?.call.options.abortSignal)?.aborted === true) ?? false;
  const statusOf = (how: Parameters<StreamListener['end']>[0]) => {
    if (how === 'unwatched' || isWhole()) return undefined;
    return how === 'cancelled' ? 'cancelled' : wasAborted() ? 'aborted' : 'incomplete';
  };
  const listener: StreamListener = {
    event(value) {
      try {
        event(value); // by no function that is made for each of them
      } catch (error) {
        debug('event failed', error);
      }
    },
    end: (how) => close(statusOf(how)),
    fail: (error) => close(wasAborted() ? 'aborted' : 'failed', error ?? String(error)),
    collected: () => close(frames > 0 ? 'cancelled' : 'abandoned'),
  };
  return { listener, end };
}

const secondsTo = (at: number | undefined, from: number): number | undefined => (at === undefined ? undefined : (at - from) / 1000);

interface StreamListener extends Listener {
  end(how: 'done' | 'cancelled' | 'unwatched'): void;
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
