import { EventStreamCodec } from '@smithy/eventstream-codec';
import { fromUtf8, toUtf8 } from '@smithy/util-utf8';
import { isObject, parseJson, string } from '../../src/read';
import type { JsonObject } from '../../src/types';

const codec = new EventStreamCodec(toUtf8, fromUtf8);
const PADDING = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

const text = (value: string) => ({ type: 'string' as const, value });

/** The frame of one event. Bedrock pads each event with a `p` of random length, so that sizes tell nothing about tokens. */
export function eventFrame(type: string, payload: JsonObject | Buffer): Buffer {
  const body = type === 'chunk' ? { bytes: base64(payload) } : payload;
  return frame({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }, { ...body, p: padding() });
}

/** The frame that ends a stream with an error. */
export function exceptionFrame(type: string, message: string): Buffer {
  return frame({ ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' }, { message });
}

/**
 * The events of a client's stream. Every event arrives in an envelope that carries its signature: a frame within a frame.
 * An empty envelope ends the stream.
 */
export async function* inboundEvents(bytes: AsyncIterable<Buffer>): AsyncGenerator<JsonObject> {
  for await (const envelope of frames(bytes)) {
    const signed = codec.decode(envelope);
    if (signed.body.byteLength === 0) continue;
    const inner = ':chunk-signature' in signed.headers ? codec.decode(signed.body) : signed;
    const part = parseJson(toUtf8(inner.body));
    const encoded = isObject(part) ? string(part.bytes) : undefined;
    const event = encoded === undefined ? part : parseJson(Buffer.from(encoded, 'base64').toString('utf8'));
    if (isObject(event)) yield event;
  }
}

/** Cuts the bytes at the frames' own lengths (the first four bytes, big-endian), however they were split on the way. */
async function* frames(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const piece of bytes) {
    pending = pending.length === 0 ? piece : Buffer.concat([pending, piece]);
    while (pending.length >= 4 && pending.length >= pending.readUInt32BE(0)) {
      const length = pending.readUInt32BE(0);
      yield pending.subarray(0, length);
      pending = pending.subarray(length);
    }
  }
}

function frame(headers: Record<string, string>, body: JsonObject): Buffer {
  const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, text(value)]));
  return Buffer.from(codec.encode({ headers: named, body: fromUtf8(JSON.stringify(body)) }));
}

function base64(payload: JsonObject | Buffer): string {
  return (Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload))).toString('base64');
}

function padding(): string {
  return PADDING.slice(0, 1 + Math.floor(Math.random() * PADDING.length));
}
