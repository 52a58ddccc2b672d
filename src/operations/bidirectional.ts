import { defined, isObject, object, objects, parseJson, string } from '../read';
import type { Accumulator, Fields, JsonObject, Operation, Part } from '../types';
import { SonicSession } from './sonic-session';

/**
 * A session in which both sides stream: events go out as the application yields them, and come in as the model answers. The span is the
 * session's; every response of the model is one of its own under it, and has the token counts, which must not be counted twice.
 */
export const invokeModelWithBidirectionalStream: Operation = {
  name: 'invokeModelWithBidirectionalStream',
  type: 'task',
  request: () => ({}),
  response,
  sends: { member: 'body', accumulator: (input) => new Sent(sessionOf(input)) },
  stream: { member: 'body', accumulator: (input) => new Received(sessionOf(input)) },
};

function response({ sent, received }: JsonObject): Fields {
  const { input, metadata, chunks: out } = object(sent) ?? {};
  const { chunks: back, responses, usage } = object(received) ?? {};
  const messages = objects(input);
  return {
    ...(messages.length > 0 && { input: messages }),
    ...(isObject(received) && { output: defined({ responses, chunks: { sent: out, received: back }, usage: object(usage) }) }),
    metadata: object(metadata) ?? {},
    ...(!responses && isObject(usage) && { metrics: usage }), // there is no other span that could have them
  };
}

/** Both sides of a call fold into one session. */
const sessions = new WeakMap<JsonObject, SonicSession>();

function sessionOf(input: JsonObject): SonicSession {
  const session = sessions.get(input) ?? new SonicSession(string(input.modelId));
  sessions.set(input, session);
  return session;
}

class Sent implements Accumulator {
  #chunks = 0;

  constructor(private readonly session: SonicSession) {}

  add(event: JsonObject, at = 0): boolean {
    if (isObject(event.chunk)) this.#chunks++;
    for (const [name, payload] of read(event)) this.session.sent(name, payload, at);
    return false;
  }

  complete(): boolean {
    return this.session.isComplete;
  }

  response(): JsonObject {
    const { input, metadata } = this.session;
    return { sent: { chunks: this.#chunks, input, metadata } };
  }
}

class Received implements Accumulator {
  #chunks = 0;

  constructor(private readonly session: SonicSession) {}

  add(event: JsonObject, at = 0): boolean {
    if (isObject(event.chunk)) this.#chunks++;
    let hasContent = false;
    for (const [name, payload] of read(event)) if (this.session.received(name, payload, at)) hasContent = true;
    return hasContent;
  }

  complete(): boolean {
    return this.session.isComplete;
  }

  parts(over: boolean): Part[] {
    return this.session.parts(over);
  }

  response(): JsonObject {
    const { responses, usage } = this.session;
    return { received: { chunks: this.#chunks, responses, ...(Object.keys(usage).length > 0 && { usage }) } };
  }
}

/** `{ chunk: { bytes: '{"event":{"textOutput":{…}}}' } }`: what an event is called and what it says. */
function read(event: JsonObject): [string, JsonObject][] {
  const bytes = object(event.chunk)?.bytes;
  const text = bytes instanceof Uint8Array ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString() : string(bytes);
  const named = object(object(parseJson(text ?? ''))?.event) ?? {};
  return Object.entries(named).filter((entry): entry is [string, JsonObject] => isObject(entry[1]));
}
