import assert from 'node:assert/strict';
import { config } from '../../src/config';
import { workAll } from '../../src/delivery/work';
import { guard } from '../../src/guard';
import { isAsyncIterable } from '../../src/observe';
import { openRuntime } from '../../src/open';
import { isObject, object } from '../../src/read';
import type { Send } from '../../src/send';
import { STATE } from '../../src/state';
import { traceSend } from '../../src/trace';
import type { JsonObject } from '../../src/types';
import { withoutContent } from '../../src/without-content';
import { hearSaid } from '../helpers/said';
import { revived, streamOf } from './described';

/** One call of an application, its values described as described.ts says. */
export interface Call {
  /** Why the call is in the corpus. */
  about?: string;
  operation: string;
  input: unknown;
  /** What the SDK answers; for an operation with a stream, what stands beside the stream. */
  output?: unknown;
  /** The events of its stream. */
  events?: unknown[];
  /** The stream throws at its end. */
  failure?: unknown;
  /** Of the HTTP response. */
  headers?: unknown;
  /** How the application reads the stream: to its end without it. */
  consumer?: 'break' | 'throw';
  /** How the call is made and ends: by a promise that is fulfilled without it. */
  form?: 'callback' | 'rejected' | 'thrown' | 'refused by callback' | 'thenable' | 'value';
  /** What is thrown, described. */
  error?: unknown;
}

/** A row as our code hands it to the logger. */
export interface Written {
  name: string;
  event: JsonObject;
}

/** What a call left. */
export interface Trace {
  rows: Written[];
  /** What the guard caught. */
  caught: string[];
  /** CPU time of tracing and of the stand-ins around it. */
  ms: number;
}

process.env.BRAINTRUST_BEDROCK_DEBUG = 'on';
process.env.BRAINTRUST_BEDROCK_MAX_FIELD_BYTES ??= '100000';

const SEP = 'braintrust-bedrock: ';
const MEMBER: Readonly<Record<string, string>> = {
  ConverseStream: 'stream',
  InvokeModelWithResponseStream: 'body',
  InvokeModelWithBidirectionalStream: 'body',
};

/** Makes the call on the real line, from `traceSend` to the row, and gives what it left. Throws where the application would notice. */
export async function trace(call: Call): Promise<Trace> {
  const rows: Written[] = [];
  const caught: string[] = [];
  const began = process.cpuUsage();
  await listening(rows, caught, () => made(call));
  const { user, system } = process.cpuUsage(began);
  return { rows, caught, ms: (user + system) / 1000 };
}

/** Makes the call and checks all that holds for any call, whatever its values are. */
export async function check(call: Call): Promise<Trace> {
  const left = await trace(call);
  const { rows, caught } = left;
  const isHostile = hostile(call);
  for (const line of caught) {
    assert.ok(
      isHostile || !line.includes(' failed') || line.startsWith('error failed'),
      `a reader threw at what can come over the wire: ${line}`,
    );
    assert.doesNotMatch(line, /read only|not extensible|Cannot (?:assign|define|delete|add)/, "something of the application's was changed");
  }
  const [own, ...more] = rows.filter(({ name }) => name !== 'bedrock.realtime.response');
  assert.ok(own, `no row: ${caught.join('\n')}`);
  assert.equal(more.length, 0, 'more than one row');
  assert.equal(own.name, `bedrock.${call.operation.charAt(0).toLowerCase()}${call.operation.slice(1)}`);
  for (const row of rows) checkRow(row);
  checkPrototypes();
  return left;
}

/** The same value, if a promise can be fulfilled with it. */
function answerable<T extends object>(value: T | undefined): T | undefined {
  return value && typeof Reflect.get(value, 'then') !== 'function' ? value : undefined;
}

async function made(call: Call): Promise<void> {
  const input = revived(call.input);
  const member = MEMBER[call.operation];
  const failure = call.failure === undefined ? undefined : { error: call.failure === true ? new Error('broken') : revived(call.failure) };
  // The SDK makes its outputs itself: what is in them may be hostile, they are not.
  const head = guard('the SDK', () => answerable(object(revived(call.output ?? {})))) ?? {};
  const stream = member === undefined ? undefined : streamOf((call.events ?? []).map(revived), failure);
  const output = member === undefined ? head : Object.freeze(withMember(head, member, stream));
  const error = call.error === undefined ? new Error('no') : revived(call.error);
  // a callback is told of success by an error that is none
  const refuses = call.form === 'rejected' || (call.form === 'refused by callback' && Boolean(error));
  const before = bytesOf(input);
  const command = Object.freeze({ schema: [9, 'com.amazonaws.bedrockruntime', call.operation], input });
  const { client, around } = fakeClient(call);

  const answer = async (args: unknown[]) =>
    around(
      async (sent) => {
        const body = member === 'body' ? guard('the SDK', () => object(sent)?.body) : undefined; // hostile to the SDK, too
        if (call.operation === 'InvokeModelWithBidirectionalStream' && typeof body === 'object' && body !== null)
          await readAll(body, undefined).catch(() => {});
        if (refuses) throw error;
        return output;
      },
      args[0] === command ? input : undefined,
    );

  const send: Send = (...args) => {
    if (call.form === 'thrown') throw error;
    if (call.form === 'value') return output;
    const callback = args.find((argument) => typeof argument === 'function');
    if (!callback) {
      const promise = answer(args);
      return call.form === 'thenable' ? thenable(promise) : promise;
    }
    answer(args).then(
      (value) => callback(null, value),
      (reason) => callback(reason),
    );
    return undefined;
  };

  const result = await outcome(call, (callback) => traceSend(openRuntime, send, client, callback ? [command, callback] : [command]));
  if (call.form === 'thrown' || refuses) {
    assert.ok(Object.is(result.error, error), 'another error than the one that was thrown');
  } else {
    if (result.error !== undefined) throw result.error;
    assert.ok(Object.is(result.value, output), 'another result than the one that was given');
    if (stream) await read(stream, call, failure);
  }
  assert.deepEqual(bytesOf(input), before, "the application's bytes were changed");
}

/** A copy, its getters not asked. */
const withMember = (source: object, name: string, value: unknown) =>
  Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(source), [name]: { value, enumerable: true, writable: true } });

/** What an application's own wrapper may give in the place of a promise. */
const thenable = (promise: Promise<unknown>) => Object.defineProperty({}, 'then', { value: promise.then.bind(promise) });

/** What the application gets. */
async function outcome(call: Call, run: (callback?: (error: unknown, value?: unknown) => void) => unknown) {
  const result: { value?: unknown; error?: unknown } = {};
  try {
    if (call.form === 'callback' || call.form === 'refused by callback') {
      await new Promise<void>((resolve) => {
        run((error, value) => {
          if (error) result.error = error;
          else result.value = value;
          resolve();
        });
      });
    } else if (call.form === 'value') result.value = run();
    else result.value = await run();
  } catch (error) {
    result.error = error;
  }
  return result;
}

async function read(stream: object, call: Call, failure: { error: unknown } | undefined): Promise<void> {
  try {
    await readAll(stream, call.consumer);
  } catch (error) {
    if (!failure || !Object.is(error, failure.error)) throw error;
  }
}

async function readAll(stream: object, consumer: Call['consumer']): Promise<void> {
  if (!isAsyncIterable(stream)) return;
  const mine = new Error("the application's own");
  let count = 0;
  try {
    for await (const _ of stream) {
      if (++count < 3 || !consumer) continue;
      if (consumer === 'throw') throw mine;
      break;
    }
  } catch (error) {
    if (error !== mine) throw error;
  }
}

type Handler = (args: unknown) => unknown;
interface Stack {
  add?(middleware: Middleware): void;
  concat(): Stack;
  clone(): Stack;
  resolve(handler: Handler, context: unknown): Handler;
}
type Middleware = (next: Handler, context: unknown) => Handler;

/** A client that asks for its handler as the SDK's does, with the middlewares that the line adds around the answer. */
function fakeClient(call: Call) {
  const added: Middleware[] = [];
  const resolve = (handler: Handler, _context: unknown): Handler => handler;
  const stack = (): Stack => ({ concat: stack, clone: stack, resolve });
  const middlewareStack: Stack = { ...stack(), add: (middleware: Middleware) => added.push(middleware) };
  const client = { config: {}, middlewareStack };
  const headers = revived(call.headers ?? {});
  const around = async (answer: (input: unknown) => Promise<unknown>, input: unknown): Promise<unknown> => {
    const answering: Handler = async (args) => {
      const response = { headers, body: {} };
      return { output: await answer(isObject(args) ? args.input : undefined), response };
    };
    let handle = middlewareStack.concat().resolve(answering, {});
    for (const middleware of [...added].reverse()) handle = middleware(handle, {});
    const result = await handle({ input });
    return isObject(result) ? result.output : undefined;
  };
  return { client, around };
}

/** Runs with a logger that keeps rows, and the debug log in a list. */
async function listening(rows: Written[], caught: string[], run: () => Promise<void>): Promise<void> {
  const startSpan = (written: Written) => {
    rows.push(written);
    return { startSpan, log: (event: JsonObject) => Object.assign(written, { event: { ...written.event, ...event } }) };
  };
  Reflect.set(globalThis, STATE, { currentLogger: { kind: 'logger', startSpan } });
  const unhear = hearSaid((line) => caught.push(line.slice(SEP.length)));
  try {
    await run();
    workAll();
  } finally {
    unhear();
    Reflect.deleteProperty(globalThis, STATE);
  }
}

function checkRow({ event }: Written): void {
  JSON.stringify(event);
  const { metrics, input, output, metadata, error } = event;
  for (const [name, value] of Object.entries(object(metrics) ?? {})) {
    assert.ok(typeof value === 'number' && Number.isFinite(value) && value >= 0, `${name} is ${String(value)}`);
  }
  for (const [name, value] of Object.entries({ input, output, metadata, error })) {
    checkPlain(value, name, 0);
    // An escape counts for what it stands for.
    const size = Buffer.byteLength((JSON.stringify(value) ?? '').replace(/\\(u[0-9a-f]{4}|.)/g, '.'));
    // what a limit allows, what may follow it, and what a call says of itself
    assert.ok(size <= config().maxFieldBytes + 2 * 64 * 1024, `${name} has ${size} bytes`);
  }
  JSON.stringify(withoutContent({ input, output, metadata: object(metadata) ?? {} }));
}

/** What every logger can write: JSON and nothing else. */
function checkPlain(value: unknown, where: string, depth: number): void {
  assert.ok(depth < 120, `${where} is too deep`);
  if (value === undefined || value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number') {
    assert.ok(Number.isFinite(value), `${where} is ${value}`);
    return;
  }
  assert.equal(typeof value, 'object', where);
  const prototype: unknown = Object.getPrototypeOf(value);
  assert.ok(prototype === Object.prototype || prototype === Array.prototype, `${where} has a prototype of its own`);
  for (const [name, member] of Object.entries(Object(value))) checkPlain(member, `${where}.${name}`, depth + 1);
}

function checkPrototypes(): void {
  for (const { prototype } of [Object, Array, Function, Map, Uint8Array]) {
    assert.equal(Reflect.get(prototype, 'polluted'), undefined, 'a prototype was polluted');
  }
  assert.deepEqual(Object.keys(Object.prototype), [], 'a prototype was polluted');
}

/** Objects are frozen, which bytes cannot be. */
function bytesOf(value: unknown, found: string[] = [], depth = 0): string[] {
  if (depth > 20 || typeof value !== 'object' || value === null) return found;
  let all = found;
  try {
    if (value instanceof Uint8Array) return found.concat(Buffer.from(value).toString('latin1'));
    for (const member of Object.values(value).slice(0, 50)) all = bytesOf(member, all, depth + 1);
  } catch {
    // it throws at whoever looks
  }
  return all;
}

/** Hostile values that are no JSON, and what JSON.parse cannot make: an application can have them, the wire cannot. */
function hostile(call: Call): boolean {
  const names = [...JSON.stringify(call).matchAll(/"\$hostile":"([^"]*)"/g)].map(([, name]) => name ?? '');
  return names.some((name) => !WIRE.has(name));
}

const WIRE = new Set([
  'deep text',
  'deep bytes',
  'lone surrogate',
  'huge number',
  'tiny number',
  'minus zero',
  'prototype key',
  'constructor key',
]);

/** What a call's rows say, without what differs from call to call. */
export const spanOf = (rows: Written[]) =>
  JSON.stringify(rows.map(({ event: { input, output, metadata } }) => [input, output, metadata])).replace(/"key":"[^"]*"/g, '');
