import type { Accumulator, JsonObject } from '../types';

/** For formats that do not stream: should a body come as a chunk, it comes whole. */
export class WholeBody implements Accumulator {
  #body: JsonObject = {};

  constructor(readonly isBody: (body: JsonObject) => boolean) {}

  add(event: JsonObject): boolean {
    if (!this.isBody(event)) return false;
    this.#body = event;
    return true;
  }

  response(): JsonObject {
    return this.#body;
  }

  complete(): boolean {
    return this.isBody(this.#body);
  }
}
