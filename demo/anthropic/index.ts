import { object, objects, parseJson, string } from '../../src/read';
import { type Loopback, type LoopbackAnswer, type LoopbackRequest, serve } from '../loopback';
import { type Batches, batches } from './batches';
import { eventsOf, messageTo } from './message';
import { type AnthropicOptions, type AnthropicRequest, answer, failure, requestId } from './types';

export { failure };

/** An Anthropic API on loopback. */
export interface Anthropic extends Loopback {
  /** What a process needs in its environment to talk to it: endpoint and key. Another key is refused (401). */
  env: Record<string, string>;
  /** Every HTTP request so far, in the order of arrival, retries included. */
  requests: AnthropicRequest[];
}

const KEY = 'sk-ant-demo';

const BATCH_ROUTES: [method: string, path: RegExp, run: (batches: Batches, id: string, request: AnthropicRequest) => LoopbackAnswer][] = [
  ['POST', /^\/v1\/messages\/batches$/, (batches, _id, { body }) => batches.create(body)],
  ['GET', /^\/v1\/messages\/batches$/, (batches, _id, { query }) => batches.list(query)],
  ['GET', /^\/v1\/messages\/batches\/([^/]+)$/, (batches, id) => batches.retrieve(id)],
  ['DELETE', /^\/v1\/messages\/batches\/([^/]+)$/, (batches, id) => batches.delete(id)],
  ['POST', /^\/v1\/messages\/batches\/([^/]+)\/cancel$/, (batches, id) => batches.cancel(id)],
  ['GET', /^\/v1\/messages\/batches\/([^/]+)\/results$/, (batches, id) => batches.results(id)],
];

/**
 * Starts the part of Anthropic's API that batches need: the Message Batches, with and without `?beta=true`, and Messages, whole and
 * streamed.
 *
 * @example
 * const anthropic = await startAnthropic({ result: ({ custom_id }) => (custom_id === 'late' ? { type: 'expired' } : undefined) });
 */
export async function startAnthropic(options: AnthropicOptions = {}): Promise<Anthropic> {
  const requests: AnthropicRequest[] = [];
  const cached = new Set<string>();
  const known = batches(() => url, options);

  function answerTo(request: AnthropicRequest): LoopbackAnswer {
    const { method, path, headers } = request;
    // The SDK sends its key as a bearer token since 1.0, before that as `x-api-key`.
    if (headers['x-api-key'] !== KEY && headers.authorization !== `Bearer ${KEY}`)
      return failure(401, 'authentication_error', 'invalid x-api-key');
    if (!headers['anthropic-version']) return failure(400, 'invalid_request_error', 'anthropic-version: header is required');
    if (method === 'POST' && path === '/v1/messages') return message(request);
    for (const [verb, pattern, run] of BATCH_ROUTES) {
      const match = verb === method ? pattern.exec(path) : null;
      if (match) return run(known, decodeURIComponent(match[1] ?? ''), request);
    }
    return failure(404, 'not_found_error', `Not found: ${method} ${path}`);
  }

  function message({ body }: AnthropicRequest): LoopbackAnswer {
    const params = object(body) ?? {};
    if (!string(params.model)) return failure(400, 'invalid_request_error', 'model: Field required');
    if (objects(params.messages).length === 0) return failure(400, 'invalid_request_error', 'messages: Field required');
    const answered = messageTo(params, String(requests.length), 'standard', cached);
    if (params.stream !== true) return answer(answered);
    return { headers: { 'content-type': 'text/event-stream; charset=utf-8' }, body: eventsOf(answered) };
  }

  const { url, close } = await serve(
    options.port ?? 0,
    async (received) => {
      const request = read(received);
      requests.push(request);
      const given = (await options.respond?.(request)) ?? answerTo(request);
      return { ...given, headers: { 'request-id': requestId(), ...given.headers } };
    },
    (text) => {
      const broken = failure(500, 'api_error', `embedded Anthropic: ${text}`);
      return { ...broken, headers: { ...broken.headers, 'x-should-retry': 'false' } };
    },
  );
  return { url, close, env: { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: KEY }, requests };
}

function read(received: LoopbackRequest): AnthropicRequest {
  const body = received.body.length === 0 ? undefined : parseJson(received.body.toString('utf8'));
  return { ...received, body, attempt: Number(received.headers['x-stainless-retry-count'] ?? 0) + 1 };
}
