import { randomBytes } from 'node:crypto';
import type { DeletedMessageBatch, MessageBatch } from '@anthropic-ai/sdk/resources/messages/batches';
import { isObject, object, objects, string } from '../../src/read';
import type { LoopbackAnswer } from '../loopback';
import { idOf } from './message';
import { type Results, results, tally } from './results';
import { type AnthropicOptions, answer, type BatchItem, failure } from './types';

interface Batch {
  record: MessageBatch;
  items: BatchItem[];
  results: Results;
  /** How many more retrievals see it as it is. */
  pollsLeft: number;
}

export interface Batches {
  create(body: unknown): LoopbackAnswer;
  retrieve(id: string): LoopbackAnswer;
  list(query: URLSearchParams): LoopbackAnswer;
  cancel(id: string): LoopbackAnswer;
  delete(id: string): LoopbackAnswer;
  results(id: string): LoopbackAnswer;
}

const DAY = 86_400_000;
const CUSTOM_ID = /^[a-zA-Z0-9_-]{1,64}$/;

/** The Message Batches: in progress for a number of retrievals, then ended. `url` is where the results will be. */
export function batches(url: () => string, { pollsUntilDone = 1, result }: AnthropicOptions): Batches {
  const known = new Map<string, Batch>();

  function create(body: unknown): LoopbackAnswer {
    const items = objects(object(body)?.requests);
    const invalid = complaint(items);
    if (invalid !== undefined) return failure(400, 'invalid_request_error', invalid);
    const kept = items.map(({ custom_id, params }) => ({ custom_id: string(custom_id) ?? '', params: object(params) ?? {} }));
    const id = idOf('msgbatch_01', randomBytes(16).toString('hex'));
    const record: MessageBatch = {
      id,
      type: 'message_batch',
      processing_status: 'in_progress',
      request_counts: { processing: kept.length, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
      ended_at: null,
      created_at: new Date().toISOString(),
      expires_at: new Date(Date.now() + DAY).toISOString(),
      archived_at: null,
      cancel_initiated_at: null,
      results_url: null,
    };
    const batch = { record, items: kept, results: results(id, kept, result), pollsLeft: pollsUntilDone };
    known.set(id, batch);
    if (pollsUntilDone === 0) end(batch);
    return answer(record);
  }

  function retrieve(id: string): LoopbackAnswer {
    const batch = known.get(id);
    if (!batch) return missing(id);
    if (batch.record.processing_status !== 'ended' && batch.pollsLeft-- <= 0) end(batch);
    return answer(batch.record);
  }

  function end(batch: Batch): void {
    const { record, items } = batch;
    batch.record = {
      ...record,
      processing_status: 'ended',
      request_counts: tally(items, batch.results, record.cancel_initiated_at !== null),
      ended_at: new Date().toISOString(),
      results_url: `${url()}/v1/messages/batches/${record.id}/results`,
    };
  }

  /** The newest first; `after_id` is for the older ones, `before_id` for the newer. */
  function list(query: URLSearchParams): LoopbackAnswer {
    const all = [...known.values()].map(({ record }) => record).reverse();
    const limit = Number(query.get('limit') ?? 20);
    if (!(limit >= 1 && limit <= 1000)) return failure(400, 'invalid_request_error', 'limit: Input should be between 1 and 1000');
    const [after, before] = [query.get('after_id'), query.get('before_id')];
    const place = all.findIndex(({ id }) => id === (before ?? after));
    const rest = before === null ? all.slice(place + 1) : all.slice(0, Math.max(place, 0));
    const data = before === null ? rest.slice(0, limit) : rest.slice(-limit);
    return answer({ data, has_more: rest.length > data.length, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null });
  }

  function cancel(id: string): LoopbackAnswer {
    const batch = known.get(id);
    if (!batch) return missing(id);
    if (batch.record.processing_status === 'ended') {
      return failure(400, 'invalid_request_error', `Batch ${id} cannot be canceled because it has ended.`);
    }
    // The next retrieval still sees it `canceling`.
    batch.pollsLeft = 1;
    batch.record = {
      ...batch.record,
      processing_status: 'canceling',
      cancel_initiated_at: batch.record.cancel_initiated_at ?? new Date().toISOString(),
    };
    return answer(batch.record);
  }

  function remove(id: string): LoopbackAnswer {
    const batch = known.get(id);
    if (!batch) return missing(id);
    if (batch.record.processing_status !== 'ended') {
      return failure(400, 'invalid_request_error', `Batch ${id} cannot be deleted before it has ended. Cancel it first.`);
    }
    known.delete(id);
    const deleted: DeletedMessageBatch = { id, type: 'message_batch_deleted' };
    return answer(deleted);
  }

  function read(id: string): LoopbackAnswer {
    const batch = known.get(id);
    if (batch?.record.processing_status !== 'ended') return missing(id);
    const headers = { 'content-type': 'application/x-jsonl' };
    return { headers, body: batch.results.lines(batch.record.cancel_initiated_at !== null) };
  }

  return { create, retrieve, list, cancel, delete: remove, results: read };
}

function missing(id: string): LoopbackAnswer {
  return failure(404, 'not_found_error', `Message Batch ${id} not found.`);
}

function complaint(items: { custom_id?: unknown; params?: unknown }[]): string | undefined {
  if (items.length === 0) return 'requests: List should have at least 1 item after validation, not 0';
  if (items.length > 100_000) return 'requests: List should have at most 100000 items after validation';
  const seen = new Set<unknown>();
  for (const [index, { custom_id, params }] of items.entries()) {
    if (!CUSTOM_ID.test(string(custom_id) ?? '')) return `requests.${index}.custom_id: String should match pattern '${CUSTOM_ID.source}'`;
    if (!isObject(params)) return `requests.${index}.params: Field required`;
    if (seen.has(custom_id)) return `requests.${index}.custom_id: Duplicate custom_id: ${String(custom_id)}`;
    seen.add(custom_id);
  }
  return undefined;
}
