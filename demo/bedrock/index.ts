import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseJson } from '../../src/read';
import type { JsonObject } from '../../src/types';
import { AWS_CREDENTIALS } from '../credentials';
import { builtIn } from './built-in';
import { OPERATIONS, route } from './route';
import { type Exchange, listen } from './server';
import { type Answer, type AnswerEvent, type BedrockOptions, type BedrockRequest, failure } from './types';
import { eventFrame, exceptionFrame, inboundEvents } from './wire';

export { TRIGGERS } from './faults';
export type { AnswerEvent, BedrockOptions, BedrockRequest };
export { failure, OPERATIONS };

/** A Bedrock on loopback: the Runtime, and the part of the control plane that batch inference has. */
export interface Bedrock {
  url: string;
  /** What a process needs in its environment to talk to it: endpoint, region, credentials. */
  env: Record<string, string>;
  /** Every HTTP request so far, in the order of arrival, retries included. */
  requests: BedrockRequest[];
  close(): Promise<void>;
}

/**
 * Starts a Bedrock on loopback: HTTP/1.1 and HTTP/2 on one port, real event-stream frames, all eleven operations of the Runtime and
 * the four of batch inference.
 *
 * @example
 * const bedrock = await startBedrock({
 *   respond: ({ attempt }) => (attempt === 1 ? failure(429, 'ThrottlingException', 'Slow down.') : undefined),
 * });
 */
export async function startBedrock(options: BedrockOptions = {}): Promise<Bedrock> {
  const requests: BedrockRequest[] = [];
  const answerTo = builtIn(options);
  const server = await listen(options.port ?? 0, async (exchange) => {
    const request = await read(exchange);
    requests.push(request);
    try {
      await send(exchange, (await options.respond?.(request)) ?? (await answerTo(request)));
    } catch (error) {
      // A fault in a script must fail its test with a message, not hang it.
      await send(exchange, failure(500, 'InternalServerException', `embedded Bedrock: ${String(error)}`));
    }
  });
  const url = `http://127.0.0.1:${server.port}`;
  const env = {
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
    AWS_ENDPOINT_URL_BEDROCK: url,
    ...AWS_CREDENTIALS,
  };
  return { url, env, requests, close: server.close };
}

async function read(exchange: Exchange): Promise<BedrockRequest> {
  const { httpVersion, method, headers } = exchange;
  const url = new URL(exchange.target, 'http://localhost');
  const { operation, modelId } = route(method, url.pathname);
  const live = operation === 'InvokeModelWithBidirectionalStream';
  return {
    operation,
    modelId,
    method,
    path: url.pathname,
    query: url.searchParams,
    headers,
    body: live ? undefined : await json(exchange.body),
    inbound: live ? inboundEvents(exchange.body) : nothing(),
    attempt: Number(/attempt=(\d+)/.exec(headers['amz-sdk-request'] ?? '')?.[1] ?? 1),
    call: headers['amz-sdk-invocation-id'] ?? randomUUID(),
    httpVersion,
  };
}

async function json(body: AsyncIterable<Buffer>): Promise<unknown> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of body) pieces.push(piece);
  } catch {
    // The client has gone; what has arrived is all there is.
  }
  return pieces.length === 0 ? undefined : parseJson(Buffer.concat(pieces).toString('utf8'));
}

async function* nothing(): AsyncGenerator<never> {}

async function send(exchange: Exchange, answer: Answer): Promise<void> {
  const { status = 200, events } = answer;
  const type = events ? 'application/vnd.amazon.eventstream' : 'application/json';
  const headers = { 'content-type': type, 'x-amzn-requestid': randomUUID(), ...answer.headers };
  if (!events) {
    const body = answer.body ?? Buffer.from(JSON.stringify(answer.json ?? {}));
    exchange.start(status, { ...headers, 'content-length': String(body.length) });
    return exchange.end(body);
  }
  exchange.start(status, headers);
  try {
    for await (const event of events) {
      if (exchange.closed()) return;
      if (event === 'cut') return cut(exchange);
      await sendEvent(exchange, event);
    }
  } catch (error) {
    await exchange.write(exceptionFrame('internalServerException', `embedded Bedrock: ${String(error)}`));
  }
  exchange.end();
}

async function sendEvent(exchange: Exchange, event: Exclude<AnswerEvent, 'cut'>): Promise<void> {
  if (Buffer.isBuffer(event)) return exchange.write(event);
  const { waitMs, exception, message }: JsonObject = { ...event };
  if (typeof waitMs === 'number') return sleep(waitMs);
  if (typeof exception === 'string') return exchange.write(exceptionFrame(exception, String(message)));
  for (const [type, payload] of Object.entries(event)) {
    if (typeof payload === 'object') await exchange.write(eventFrame(type, payload));
  }
}

/** The frames that were sent must reach the client before the socket dies, or the cut would be at another place. */
async function cut(exchange: Exchange): Promise<void> {
  await sleep(20);
  exchange.cut();
}
