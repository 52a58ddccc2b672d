import { randomBytes } from 'node:crypto';
import type { MessageBatchResult } from '@anthropic-ai/sdk/resources/messages/batches';
import type { ErrorObject } from '@anthropic-ai/sdk/resources/shared';
import type { JsonObject } from '../../src/types';
import type { LoopbackAnswer, LoopbackRequest } from '../loopback';

/** One HTTP request as the embedded Anthropic saw it. */
export interface AnthropicRequest extends Omit<LoopbackRequest, 'body'> {
  /** The parsed JSON body; undefined where there is none. */
  body: unknown;
  /** 1 for the first try of a call, 2 for its first retry. */
  attempt: number;
}

/** A request within a batch, as it was created. */
export interface BatchItem {
  custom_id: string;
  params: JsonObject;
}

export interface AnthropicOptions {
  /** Gives the answer to a request, or undefined for the built-in behaviour. */
  respond?: (request: AnthropicRequest) => LoopbackAnswer | undefined | Promise<LoopbackAnswer | undefined>;
  /** The port on 127.0.0.1; a free one without it. */
  port?: number;
  /** How many retrievals see a batch `in_progress` before it has ended. 1 without it; with 0 it ends as soon as it is created. */
  pollsUntilDone?: number;
  /**
   * What becomes of one request of a batch; undefined for the built-in result: `errored`, `canceled` or `expired` where the custom id
   * has the word "error" (or "overload"), "cancel" or "expire" in it, every second one `canceled` in a batch that was canceled, else
   * `succeeded` with the answer of the built-in model. It is asked again for each reading, so it must say the same each time.
   */
  result?: (item: BatchItem, batchId: string) => MessageBatchResult | undefined;
}

export function answer(value: unknown): LoopbackAnswer {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/**
 * An error answer as Anthropic sends one.
 *
 * @example
 * respond: ({ attempt }) => (attempt === 1 ? failure(429, 'rate_limit_error', 'Slow down.') : undefined)
 */
export function failure(status: number, type: ErrorObject['type'], message: string): LoopbackAnswer {
  const id = requestId();
  const body = JSON.stringify({ type: 'error', error: { type, message }, request_id: id });
  return { status, headers: { 'content-type': 'application/json', 'request-id': id }, body };
}

export const requestId = () => `req_01${randomBytes(11).toString('hex')}`;
