import { anthropic } from '../families/anthropic';
import { defined, number, object, string } from '../read';
import type { ErrorField, Fields, JsonObject } from '../types';
import { type RowIds, rowIds } from './ids';

/*
 * What the rows of a Message Batch say, read from what the API sends and answers. Every process that sees the same facts makes the same
 * members of them: times are Anthropic's, and only what will not change any more is there. Pure.
 */

/** What a batch says of itself. */
export interface Batch {
  id: string;
  isEnded: boolean;
  /** Unix seconds, by Anthropic's clock. */
  start: number | undefined;
  end: number | undefined;
  /** Members of metadata that are no content. */
  facts: JsonObject;
  /** How many of its requests ended in which way; absent until they all have. */
  counts: JsonObject | undefined;
}

/** `undefined` for what is no batch. */
export function readBatch(value: unknown): Batch | undefined {
  const batch = object(value) ?? {};
  const id = string(batch.id);
  if (!id || batch.type !== 'message_batch') return undefined;
  const isEnded = batch.processing_status === 'ended';
  const counts = isEnded ? numbers(batch.request_counts) : undefined;
  const times = {
    createdAt: string(batch.created_at),
    expiresAt: string(batch.expires_at),
    endedAt: string(batch.ended_at),
    cancelInitiatedAt: string(batch.cancel_initiated_at),
  };
  return {
    id,
    isEnded,
    start: seconds(batch.created_at),
    end: seconds(batch.ended_at),
    facts: defined({ ...times, ...(isEnded && { processingStatus: 'ended', requestCounts: counts }) }),
    counts,
  };
}

const COUNTS = ['processing', 'succeeded', 'errored', 'canceled', 'expired'];

function numbers(value: unknown): JsonObject {
  const counts = object(value) ?? {};
  return defined(Object.fromEntries(COUNTS.map((name) => [name, number(counts[name])])));
}

function seconds(value: unknown): number | undefined {
  const milliseconds = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}

/** The row of a batch, as far as its answers tell. */
export function batchRow({ id, isEnded, start, end, facts, counts }: Batch) {
  return {
    ids: rowIds(id),
    name: 'anthropic.messages.batches.create',
    type: 'task' as const,
    metadata: { ...CREATE, batchId: id, ...facts },
    start,
    ...(isEnded && { output: counts, end }),
    uploads: [],
  };
}

/** What each row of a batch says of its call, and what each row of a request in it does. */
export const CREATE = { provider: 'anthropic', command: 'messages.batches.create', operation: 'create' };
const REQUEST = { provider: 'anthropic', command: 'messages.create', operation: 'create' };

/** One request of a batch, or its result. */
export interface Item {
  ids: RowIds;
  name: string;
  type: 'llm';
  /** Members of metadata that are no content. */
  facts: JsonObject;
  fields: Fields;
  error?: ErrorField;
}

/** A request of a batch; `undefined` for one that has no id. */
export function readRequest(batchId: string, request: JsonObject): Item | undefined {
  const item = itemOf(batchId, request);
  const params = object(request.params) ?? {};
  const { input, metadata } = anthropic.request(params);
  const facts = { ...item?.facts, ...defined({ model: string(params.model) }) };
  return item && { ...item, facts, fields: { input, metadata: { ...item.fields.metadata, ...metadata } } };
}

/** The result of a request; `undefined` for one that cannot be assigned, or that says nothing that we know. */
export function readResult(batchId: string, response: JsonObject): Item | undefined {
  const item = itemOf(batchId, response);
  const result = object(response.result) ?? {};
  if (!item) return undefined;
  if (result.type === 'succeeded') {
    const { output, metadata, metrics = {} } = anthropic.response(object(result.message) ?? {}, {});
    return { ...item, fields: { output, metadata: { ...item.fields.metadata, ...metadata }, metrics } };
  }
  const error = readFailure(result);
  const requestId = string(object(result.error)?.request_id);
  return error && { ...item, facts: { ...item.facts, ...defined({ requestId }) }, error };
}

function itemOf(batchId: string, { custom_id }: JsonObject): Item | undefined {
  const customId = string(custom_id);
  if (!customId) return undefined;
  return {
    ids: rowIds(batchId, customId),
    name: 'anthropic.messages.create',
    type: 'llm',
    facts: { ...REQUEST, batchId },
    fields: { metadata: { customId } },
  };
}

function readFailure({ type, error }: JsonObject): ErrorField | undefined {
  if (type === 'canceled') return { name: 'canceled', message: 'The batch was canceled before the request was sent to the model.' };
  if (type === 'expired') return { name: 'expired', message: 'The batch expired before the request was sent to the model.' };
  if (type !== 'errored') return undefined;
  const { type: name, message } = object(object(error)?.error) ?? object(error) ?? {};
  return { name: string(name) ?? 'errored', message: string(message) ?? 'The request failed.' };
}
