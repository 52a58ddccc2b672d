import { isObject, object } from './read';
import type { JsonObject } from './types';

/** When the first frames of an event stream came in. */
export interface Arrivals {
  at(frame: number): number | undefined;
  stop(): void;
}

/** A frame begins with its total length: 4 bytes, big-endian (https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html). */
const LENGTH_BYTES = 4;
/** Content comes within the first frames; a stream that has none for so long is not worth the memory. */
const MAX_FRAMES = 1024;

/**
 * Notes when each frame of a response body has arrived whole, until told to stop. It listens where Node hands the bytes to the stream
 * (`push`), which happens whether or not anybody is reading: a slow consumer does not make the model look slow.
 */
export function arrivalsOf(body: unknown): Arrivals | undefined {
  if (!isObject(body) || typeof body.push !== 'function') return undefined;
  const push = body.push;
  const times: number[] = [];
  let listening = true;
  let length = 0; // of the frame that is coming in, as far as its length bytes are here
  let have = 0; // bytes of that frame

  const read = (chunk: Uint8Array) => {
    const now = performance.now();
    for (let offset = 0; offset < chunk.length; ) {
      if (have === 0 && offset + LENGTH_BYTES <= chunk.length) {
        length = lengthAt(chunk, offset);
        offset += LENGTH_BYTES;
        have = LENGTH_BYTES;
      } else if (have < LENGTH_BYTES) {
        length = (length << 8) | (chunk[offset] ?? 0);
        offset++;
        have++;
        continue;
      }
      const rest = Math.max(0, (length >>> 0) - have);
      const step = Math.min(rest, chunk.length - offset);
      offset += step;
      have += step;
      if (step === rest) {
        times.push(now);
        length = 0;
        have = 0;
        if (times.length >= MAX_FRAMES) listening = false;
      }
    }
  };
  // Headers and the first frames often share a packet: those are in the stream's buffer by now.
  for (const chunk of buffered(body)) read(chunk);
  const listened = function (this: unknown, ...args: unknown[]) {
    if (listening && args[0] instanceof Uint8Array) read(args[0]);
    return push.apply(this, args);
  };
  Object.defineProperty(body, 'push', { configurable: true, writable: true, value: listened });
  const stop = () => {
    listening = false;
    if (body.push === listened) Reflect.set(body, 'push', push); // what comes later comes as it would without us
  };
  return { at: (frame) => times[frame], stop };
}

const lengthAt = (chunk: Uint8Array, at: number): number =>
  ((chunk[at] ?? 0) << 24) | ((chunk[at + 1] ?? 0) << 16) | ((chunk[at + 2] ?? 0) << 8) | (chunk[at + 3] ?? 0);

function buffered(body: JsonObject): Uint8Array[] {
  const state = object(body._readableState)?.buffer;
  const chunks = typeof state === 'object' && state !== null && Symbol.iterator in state ? [...(state as Iterable<unknown>)] : [];
  return chunks.filter((chunk) => chunk instanceof Uint8Array);
}
