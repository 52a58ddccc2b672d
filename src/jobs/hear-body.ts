import { follow } from '../follow';
import { guard } from '../guard';
import { observe } from '../observe';
import { isObject } from '../read';
import type { JsonObject } from '../types';

/** Hears a response body as its reader gets it. None of these throws. */
export interface BodyListener {
  /** @param bytes the reader's own: to be copied before the turn is over */
  bytes(bytes: Uint8Array): void;
  end(): void;
  /** It goes no further: destroyed, broken, cancelled. */
  gone(): void;
}

/**
 * Hears a body in place: the reader keeps the object that it was given, and the body its listeners, its state and its events.
 * @returns whether it is a body that can be heard
 */
export function hearBody(body: unknown, listener: BodyListener): boolean {
  if (!isObject(body)) return false;
  if (typeof body.emit === 'function' && typeof body.pipe === 'function') hearReadable(body, listener);
  else if (body instanceof ReadableStream) hearWebStream(body, listener);
  else return false;
  return true;
}

/**
 * Every way out of a stream of Node's (`data`, `pipe`, `read`, iteration, `toWeb`) emits `data`, whether anybody listens to it or not.
 * A listener of ours would make the stream flow; hearing what it emits changes nothing.
 */
function hearReadable(body: JsonObject, listener: BodyListener): void {
  /** Bytes that the reader has put back and will get again. */
  let back = 0;
  const heard: Record<string, (value: unknown) => void> = {
    data(value) {
      const bytes = bytesOf(value, body.readableEncoding);
      const skipped = Math.min(back, bytes.length);
      back -= skipped;
      if (skipped < bytes.length) listener.bytes(bytes.subarray(skipped));
    },
    end: listener.end,
    close: listener.gone,
  };
  replace(body, 'emit', (args) => Object.hasOwn(heard, String(args[0])) && heard[String(args[0])]?.(args[1]));
  replace(body, 'unshift', ([value]) => {
    if (value !== null && value !== undefined) back += bytesOf(value, body.readableEncoding).length;
  });
}

function bytesOf(value: unknown, encoding: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const name = String(encoding);
  return typeof value === 'string' ? Buffer.from(value, Buffer.isEncoding(name) ? name : 'utf8') : new Uint8Array();
}

/** Reads by a reader of the stream or by iterating; what is piped on inside the runtime cannot be heard. */
function hearWebStream(body: ReadableStream, listener: BodyListener): void {
  const event = (value: unknown) => {
    if (value instanceof Uint8Array) listener.bytes(value);
  };
  const seen = (result: unknown) => {
    if (!isObject(result)) return;
    if (result.done === true) listener.end();
    else event(result.value);
  };
  replaceResult(body, 'getReader', (reader) => {
    if (!isObject(reader)) return reader;
    replaceResult(reader, 'read', (promise) => follow(promise, seen, listener.gone));
    return reader;
  });
  const end = (how: string) => (how === 'done' ? listener.end() : listener.gone());
  observe(body, { event, end, fail: listener.gone, collected: listener.gone });
}

function replace(holder: object, name: string, heard: (args: unknown[]) => void): void {
  const original: unknown = Reflect.get(holder, name);
  if (typeof original !== 'function') return;
  put(holder, name, function (this: unknown, ...args: unknown[]) {
    guard(name, () => heard(args));
    return original.apply(this, args);
  });
}

function replaceResult(holder: object, name: string, heard: (result: unknown) => unknown): void {
  const original: unknown = Reflect.get(holder, name);
  if (typeof original !== 'function') return;
  put(holder, name, function (this: unknown, ...args: unknown[]) {
    const result: unknown = original.apply(this, args);
    return guard(name, () => heard(result)) ?? result;
  });
}

const put = (holder: object, name: string, value: unknown) =>
  Object.defineProperty(holder, name, { value, configurable: true, writable: true });
