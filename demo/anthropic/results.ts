import { createHash } from 'node:crypto';
import type {
  MessageBatchIndividualResponse,
  MessageBatchRequestCounts,
  MessageBatchResult,
} from '@anthropic-ai/sdk/resources/messages/batches';
import { cacheableIn, idOf, messageTo } from './message';
import type { AnthropicOptions, BatchItem } from './types';

/** The results of a batch, made anew and the same for each reading. */
export interface Results {
  of(item: BatchItem, index: number, canceled: boolean): MessageBatchResult;
  /** The lines of the results file, in an order that is not the requests'. */
  lines(canceled: boolean): Generator<string>;
}

export function results(batchId: string, items: BatchItem[], scripted: AnthropicOptions['result']): Results {
  /** Who writes each text to the cache: the first request that has it. The others read it. */
  const writers = new Map<string, string>();
  for (const { custom_id, params } of items) {
    const text = cacheableIn(params);
    if (text !== '' && !writers.has(text)) writers.set(text, custom_id);
  }

  function of(item: BatchItem, index: number, canceled: boolean): MessageBatchResult {
    return scripted?.(item, batchId) ?? builtIn(item, index, canceled);
  }

  function builtIn({ custom_id, params }: BatchItem, index: number, canceled: boolean): MessageBatchResult {
    if (/overload/i.test(custom_id)) return errored(batchId + custom_id, 'overloaded_error', 'Overloaded');
    if (/error/i.test(custom_id) || !Array.isArray(params.messages)) {
      return errored(batchId + custom_id, 'invalid_request_error', 'messages: Field required');
    }
    if (/expire/i.test(custom_id)) return { type: 'expired' };
    if (/cancel/i.test(custom_id) || (canceled && index % 2 === 1)) return { type: 'canceled' };
    const text = cacheableIn(params);
    const cached = new Set(text !== '' && writers.get(text) !== custom_id ? [text] : []);
    return { type: 'succeeded', message: messageTo(params, `${batchId} ${custom_id}`, 'batch', cached) };
  }

  function* lines(canceled: boolean): Generator<string> {
    const order = items.map(({ custom_id }, index) => ({ index, rank: createHash('sha256').update(custom_id).digest('hex') }));
    for (const { index } of order.sort((one, other) => (one.rank < other.rank ? -1 : 1))) {
      const item = items[index];
      if (!item) continue;
      const line: MessageBatchIndividualResponse = { custom_id: item.custom_id, result: of(item, index, canceled) };
      yield `${JSON.stringify(line)}\n`;
    }
  }

  return { of, lines };
}

function errored(seed: string, type: 'invalid_request_error' | 'overloaded_error', message: string): MessageBatchResult {
  return { type: 'errored', error: { type: 'error', error: { type, message }, request_id: idOf('req_01', seed) } };
}

/** How many of the requests ended in which way. */
export function tally(items: BatchItem[], { of }: Results, canceled: boolean): MessageBatchRequestCounts {
  const counts = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
  for (const [index, item] of items.entries()) counts[of(item, index, canceled).type]++;
  return counts;
}
