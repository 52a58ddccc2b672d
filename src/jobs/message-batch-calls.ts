import { config } from '../config';
import { errorContent, snapshot } from '../content';
import { watchExit } from '../delivery/exit';
import { follow } from '../follow';
import { guard } from '../guard';
import { errorField } from '../metadata';
import { isAsyncIterable, observe } from '../observe';
import { findPlace, type Place } from '../place';
import { defined, isObject, number, object, objects, pick, string } from '../read';
import { writeRow } from '../span';
import type { Fields, JsonObject } from '../types';
import { listenToRequest } from './api-promise';
import { type Batch, readBatch } from './message-batch';
import { describeRequests, keepRequests, type Requests, writeMade, writeResult, writeSeen } from './message-batch-rows';
import type { Method, MethodName } from './message-batches';

/**
 * The line that every call of Message Batches takes; message-batches.ts loads it at the first one. What the application gets is what the
 * SDK's method gives; all else is guarded.
 * @public
 */
export function traceMethod(name: MethodName, method: Method, self: unknown, args: unknown[]): unknown {
  const outer = calling;
  // A method that calls another one, or itself with its arguments sorted: the application has made one call.
  const call = outer ? undefined : guard('open', () => open(name, args));
  let result: unknown;
  try {
    calling = call ?? outer;
    result = method.apply(self, args);
  } catch (error) {
    if (call) fail(call, error);
    throw error;
  } finally {
    calling = outer;
  }
  if (!call) {
    // `results` asks for the batch first.
    if (outer?.name === 'results' && name === 'retrieve') listenToRequest(result, listenerOfInner(outer));
    return result;
  }
  if (name === 'results')
    return (
      guard('follow', () =>
        follow(
          result,
          (decoder) => watchResults(call, decoder),
          () => {},
        ),
      ) ?? result
    );
  listenToRequest(result, listenerOf(call));
  return result;
}

guard('exit', watchExit);

/** The call whose method is running at this moment, before anything is awaited. */
let calling: Call | undefined;

interface Call {
  name: MethodName;
  place: Place;
  args: unknown[];
  /** Of `create` alone. */
  requests: Requests;
  /** Of `results` alone: what its own question has been answered. */
  batch?: Batch | undefined;
  /** Unix seconds. */
  start: number;
  /** `performance.now()` then. */
  clock: number;
  response?: unknown;
}

function open(name: MethodName, args: unknown[]): Call | undefined {
  const place = findPlace(args);
  if (!place) return undefined;
  const requests = name === 'create' ? keepRequests(args[0]) : [];
  return { name, place, args: name === 'create' ? [] : [...args], requests, start: Date.now() / 1000, clock: performance.now() };
}

function listenerOf(call: Call) {
  return {
    responded: (response: unknown) => {
      call.response = response;
    },
    parsed: (value: unknown) => guard('succeed', () => succeed(call, value)),
    failed: (error: unknown) => fail(call, error),
    unread: () => writePoll(call, {}),
  };
}

function listenerOfInner(call: Call) {
  const parsed = (value: unknown): void => {
    guard('succeed', () => {
      call.batch = readBatch(value);
      writeSeen(call.place, value);
    });
  };
  const nothing = (): void => {};
  return { responded: nothing, parsed, failed: nothing, unread: nothing };
}

function succeed(call: Call, value: unknown): void {
  const { name, place, requests } = call;
  if (name === 'create') {
    const batch = readBatch(value);
    if (batch) writeMade(place, batch, requests, answerMetadata(call));
    else writePoll(call, {});
    return;
  }
  writePoll(call, { output: name === 'list' ? readPage(value) : readAnswer(value) });
  if (name !== 'list') writeSeen(place, value);
  else {
    for (const batch of pageOf(value)) guard('batch', () => writeSeen(place, batch));
    guard('pages', () => followPages(call, value));
  }
}

/** The next page is another call, which the page makes itself. */
function followPages({ args }: Call, page: unknown): void {
  if (!isObject(page) || typeof page.getNextPage !== 'function') return;
  const { getNextPage } = page;
  Object.defineProperty(page, 'getNextPage', {
    configurable: true,
    writable: true,
    value(this: unknown, ...given: unknown[]): unknown {
      const call = guard('open', () => open('list', args));
      const next: unknown = getNextPage.apply(this, given);
      if (!call) return next;
      const seen = (value: unknown) => guard('succeed', () => succeed(call, value));
      return guard('follow', () => follow(next, seen, (error) => fail(call, error))) ?? next;
    },
  });
}

function watchResults(call: Call, decoder: unknown): void {
  guard('results', () => {
    const { place, args } = call;
    const id = string(args[0]);
    const batch = call.batch ?? (id ? { id, isEnded: true, start: undefined, end: undefined, facts: {}, counts: undefined } : undefined);
    if (!batch || !isAsyncIterable(decoder)) return;
    const nothing = (): void => {};
    const event = (response: unknown) => guard('result', () => writeResult(place, batch, response));
    observe(decoder, { event, end: nothing, fail: nothing, collected: nothing });
  });
}

/** A call that has failed leaves one span, and nothing that waits for anything. */
function fail(call: Call, error: unknown): void {
  guard('fail', () => writePoll(call, { error: errorContent(errorField(error)) }, object(error)));
}

/** The span of a call that is no more than that. */
function writePoll(call: Call, outcome: { output?: unknown; error?: unknown }, failure: JsonObject = {}): void {
  const { name, place, args, requests, start, clock } = call;
  if (name !== 'create' && isIgnored(name)) return;
  const end = start + (performance.now() - clock) / 1000;
  const { metadata, ...content } = snapshot({ input: inputOf(name, args), output: outcome.output } satisfies Fields).value;
  const facts =
    name === 'create' ? describeRequests(requests) : { provider: 'anthropic', command: `messages.batches.${name}`, operation: name };
  writeRow(place, {
    name: `anthropic.messages.batches.${name}`,
    type: 'task',
    start,
    end,
    ...content,
    ...(outcome.error !== undefined && { error: outcome.error }),
    metadata: { ...metadata, ...facts, ...answerMetadata(call, failure) },
    uploads: [],
  });
}

/** `retrieve`, `messages.batches.retrieve` or the whole name of the span. */
function isIgnored(name: MethodName): boolean {
  const { ignore } = config();
  return [name, `messages.batches.${name}`, `anthropic.messages.batches.${name}`].some((one) => ignore.has(one));
}

function answerMetadata({ name, args, response }: Call, failure: JsonObject = {}): JsonObject {
  const headers = object(response)?.headers ?? failure.headers;
  const requestId = isObject(headers) && typeof headers.get === 'function' ? string(headers.get('request-id')) : undefined;
  return defined({
    batchId: name === 'create' || name === 'list' ? undefined : string(args[0]),
    requestId: requestId ?? string(failure.requestID) ?? string(failure.request_id),
    httpStatus: number(object(response)?.status) ?? number(failure.status),
  });
}

function inputOf(name: MethodName, [first]: unknown[]): JsonObject | undefined {
  if (name === 'create') return undefined;
  return name === 'list' ? pick(object(first) ?? {}, ['after_id', 'before_id', 'limit']) : { id: first };
}

/** What an answer tells of a batch; not where its results are. */
const MEMBERS = ['id', 'processing_status', 'request_counts', 'created_at', 'ended_at', 'cancel_initiated_at', 'expires_at', 'archived_at'];
const readAnswer = (value: unknown): JsonObject => pick(object(value) ?? {}, MEMBERS);
const pageOf = (value: unknown): JsonObject[] => objects(object(value)?.data);
const readPage = (value: unknown): JsonObject => ({
  data: pageOf(value).map((batch) => pick(batch, ['id', 'processing_status', 'request_counts'])),
  has_more: object(value)?.has_more === true,
});
