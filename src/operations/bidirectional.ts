import { isObject, object } from '../read';
import type { Accumulator, JsonObject, Operation } from '../types';

/** A session in which both sides stream: events go out as the application yields them, and come in as the model answers. */
export const invokeModelWithBidirectionalStream: Operation = {
  name: 'invokeModelWithBidirectionalStream',
  type: 'task',
  request: () => ({}),
  response: (output) => ({ input: { chunks: output.sent }, output: { chunks: output.received } }),
  sends: { member: 'body', accumulator: () => new ChunkCount('sent') },
  stream: { member: 'body', accumulator: () => new ChunkCount('received') },
};

class ChunkCount implements Accumulator {
  #count = 0;

  constructor(private readonly name: string) {}

  add(event: JsonObject): boolean {
    if (!isObject(event.chunk)) return false;
    this.#count++;
    return object(event.chunk)?.bytes !== undefined;
  }

  /** A session has no event of its own that ends it: it is over when the wire is. */
  complete(): boolean {
    return true;
  }

  response(): JsonObject {
    return { [this.name]: this.#count };
  }
}
