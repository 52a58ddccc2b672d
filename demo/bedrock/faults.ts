import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../src/types';
import type { Answer, AnswerEvent, BedrockRequest } from './types';
import { failure } from './types';

/** Words in a prompt that make the built-in models misbehave, so that an ordinary application can meet every fault. */
export const TRIGGERS = {
  /** The first attempt of the call is throttled (429), the retry succeeds. */
  throttle: 'rush hour',
  /** A stream ends in the middle with an exception frame. */
  break: 'long story',
  /** A stream's socket dies in the middle. */
  cut: 'dropped call',
  /** An asynchronous job fails. */
  fail: 'impossible scene',
};

/** Whether the text has the words of a trigger. */
export function triggers(text: string, name: keyof typeof TRIGGERS): boolean {
  return text.toLowerCase().includes(TRIGGERS[name]);
}

export function throttled(request: BedrockRequest, text: string): Answer | undefined {
  if (request.attempt > 1 || !triggers(text, 'throttle')) return undefined;
  return failure(429, 'ThrottlingException', 'Too many requests, please wait before trying again.');
}

/** A built-in stream as the prompt wants it: paced, and broken or cut where it says so. */
export async function* staged(
  events: Iterable<JsonObject>,
  text: string,
  chunkMs: number,
  wrap: (event: JsonObject) => AnswerEvent,
): AsyncGenerator<AnswerEvent> {
  const all = [...events];
  const middle = Math.ceil(all.length / 2);
  for (const [index, event] of all.entries()) {
    if (index === middle && triggers(text, 'cut')) return yield 'cut';
    if (index === middle && triggers(text, 'break')) {
      return yield { exception: 'modelStreamErrorException', message: 'The model stopped in the middle of its answer.' };
    }
    if (index > 0 && chunkMs > 0) await sleep(chunkMs);
    yield wrap(event);
  }
}
