import { setImmediate } from 'node:timers';
import { attach, errorContent, snapshot } from '../content';
import { copyOf } from '../copy';
import { room } from '../delivery';
import { guard } from '../guard';
import type { Place, Trace } from '../place';
import { isObject, object, objects, string } from '../read';
import { say } from '../say';
import { mergeRow, traceOf } from '../span';
import type { JsonObject } from '../types';
import { begun, finished, Unfinished } from '../unfinished';
import { traceIdOf } from './ids';
import { type Batch, batchRow, CREATE, type Item, readBatch, readRequest, readResult } from './message-batch';

/** How many custom ids or models the row of a batch names. */
const MAX_NAMES = 100;
/** How many requests are written before others have their turn. */
const SLICE = 100;
/** How many requests of the batches that were made here are remembered, to know their results. */
const MAX_KNOWN = 200_000;

/** The requests of a batch as they are when it is created: the application may go on with its objects before they are written. */
export type Requests = (JsonObject | undefined)[];

export function keepRequests(params: unknown): Requests {
  return objects(isObject(params) ? params.requests : undefined).map((request) => object(copyOf(request)));
}

/** What the row of a batch says of its requests. */
export function describeRequests(requests: Requests): JsonObject {
  const models = new Set(requests.map((request) => (isObject(request?.params) ? string(request.params.model) : undefined)));
  models.delete(undefined);
  const customIds = requests.map((request) => string(request?.custom_id) ?? null);
  const named = snapshot({ metadata: { customIds: bounded(customIds) } }).value.metadata;
  return { ...CREATE, requestCount: requests.length, models: bounded([...models]), ...named };
}

const bounded = (names: unknown[]): unknown[] =>
  names.length <= MAX_NAMES ? names : [...names.slice(0, MAX_NAMES), `[${names.length - MAX_NAMES} of ${names.length} items cut]`];

/**
 * A batch was made here: its row, and one under it for each of its requests, which are let go one by one.
 * @param answer metadata of the call that made it
 */
export function writeMade(place: Place, batch: Batch, requests: Requests, answer: JsonObject): void {
  const row = batchRow(batch);
  const trace = traceOf(place, traceIdOf(batch.id));
  mergeRow(place, { ...row, metadata: { ...describeRequests(requests), ...answer, ...row.metadata }, trace });
  const known = new Set<number>();
  const below = { rootSpanId: trace.rootSpanId, parents: [row.ids.spanId] };
  const rest = requests.keys();
  const write = (count: number): void => {
    for (let left = count; left > 0; left--) {
      const { value: index, done } = rest.next();
      if (done) {
        if (finished(unfinished)) remember(batch.id, known);
        return;
      }
      const request = requests[index];
      requests[index] = undefined;
      guard('request', () => request && writeRequest(place, batch, request, below, known));
    }
    if (count === SLICE) void room().then(() => setImmediate(() => guard('requests', () => write(SLICE))));
  };
  const unfinished = new Unfinished(() => write(Number.POSITIVE_INFINITY));
  begun(unfinished);
  write(SLICE);
}

function writeRequest(place: Place, batch: Batch, request: JsonObject, trace: Trace, known: Set<number>): void {
  const item = readRequest(batch.id, request);
  if (!item) return;
  known.add(shortHash(item));
  writeItem(place, item, { start: batch.start, trace });
}

function writeItem(
  place: Place,
  { ids, name, type, facts, fields, error }: Item,
  more: { start?: number | undefined; end?: number | undefined; trace?: Trace },
) {
  const copy = snapshot(fields);
  const uploads = guard('attach', () => attach(copy.files)) ?? [];
  const { metadata, ...content } = copy.value;
  mergeRow(place, {
    ids,
    name,
    type,
    ...content,
    metadata: { ...metadata, ...facts },
    ...(error && { error: errorContent(error) }),
    uploads,
    ...more,
  });
}

/** What an answer tells of a batch: nothing is written of it before it has ended. */
export function writeSeen(place: Place, value: unknown): void {
  const batch = readBatch(value);
  if (batch?.isEnded) mergeRow(place, batchRow(batch));
}

/** One result of a batch, as the application comes by it. */
export function writeResult(place: Place, batch: Batch, response: unknown): void {
  const item = isObject(response) ? readResult(batch.id, response) : undefined;
  if (!item) say(`a result of the message batch ${batch.id} has no custom id, or is of no known type: it is not recorded.`);
  else if (knownOf.get(batch.id)?.has(shortHash(item)) === false)
    say(`a result of the message batch ${batch.id} has a custom id that the batch was not made with: it is not recorded.`);
  else writeItem(place, item, { start: batch.start, end: batch.end });
}

/** By the ids of the batches that were made here, the newest: of each custom id so many bits that another one hardly ever has the same. */
const knownOf = new Map<string, Set<number>>();
const shortHash = ({ ids }: Item): number => Number.parseInt(ids.spanId.slice(0, 7), 16);

function remember(batchId: string, known: Set<number>): void {
  knownOf.set(batchId, known);
  let count = 0;
  for (const [id, { size }] of [...knownOf].reverse()) {
    count += size;
    if (count > MAX_KNOWN) knownOf.delete(id);
  }
}
