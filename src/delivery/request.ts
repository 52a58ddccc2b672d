import http from 'node:http';
import https from 'node:https';
import { clearTimeout, setTimeout } from 'node:timers';
import { isObject, parseJson } from '../read';

export interface Answer {
  status: number;
  /** The parsed body, or its text where it is no JSON. */
  body: unknown;
  /** What the answer says about trying again, in milliseconds. */
  retryAfterMs: number | undefined;
  /** All of the body is with the operating system: nobody reads its memory any more. */
  isGone: boolean;
}

/** Bytes, in their order. */
export type Pieces = readonly Uint8Array[];

export const bytesIn = (pieces: Pieces): number => pieces.reduce((sum, { length }) => sum + length, 0);

export interface RequestOptions {
  method?: string;
  token?: string | undefined;
  headers?: Record<string, string>;
  /** A text is JSON. */
  body?: string | Pieces;
  timeoutMs: number;
  /** Instead of Node's HTTP. */
  fetch?: typeof globalThis.fetch | undefined;
  /** It is not harmless to ask twice: not even where a kept connection turns out to be closed. */
  once?: boolean;
}

/** There was no whole answer. Says where it was asked for and why there is none, and nothing of what was sent. */
export class Unanswered extends Error {
  constructor(
    readonly origin: string,
    readonly reason: string,
    /** The connection was one that had been kept, and the other side had closed it in the meantime. */
    readonly isStale = false,
  ) {
    super(`${origin} cannot be reached (${reason})`);
  }
}

/** A longer answer is not read: nothing that is asked for here has one. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * One HTTP request that ends within its time and does not keep the process alive. Not `fetch`: that one has no way to let go of a socket,
 * costs twice the CPU, and loads a client of its own in a process that may have none.
 * @throws Unanswered
 */
export async function request(url: string, options: RequestOptions): Promise<Answer> {
  if (options.fetch) return fetched(options.fetch, url, options);
  try {
    return await attempt(url, options);
  } catch (error) {
    if (error instanceof Unanswered && error.isStale && !options.once) return attempt(url, options);
    throw error;
  }
}

async function attempt(url: string, { method = 'POST', token, headers, body, timeoutMs }: RequestOptions): Promise<Answer> {
  const target = new URL(url);
  const pieces = typeof body === 'string' ? [Buffer.from(body)] : (body ?? []);
  const secure = target.protocol === 'https:';
  const { response, text, isGone } = await new Promise<Received>((resolve, reject) => {
    const sent = (secure ? https : http).request(target, {
      method,
      agent: agentFor(secure),
      headers: {
        accept: 'application/json',
        ...(typeof body === 'string' && { 'content-type': 'application/json' }),
        'content-length': String(bytesIn(pieces)),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
    });
    const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs).unref();
    const fail = (error: Error) => {
      clearTimeout(timer);
      const code: unknown = Reflect.get(error, 'code');
      const isStale = sent.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
      reject(new Unanswered(target.origin, String(code ?? error.message), isStale));
    };
    sent.on('socket', (socket) => socket.unref());
    sent.on('error', fail);
    sent.on('response', (response) => {
      const answer: Buffer[] = [];
      let length = 0;
      response.on('data', (piece: Buffer) => {
        length += piece.length;
        if (length <= MAX_ANSWER_BYTES) answer.push(piece);
      });
      response.on('error', fail);
      response.on('aborted', () => fail(new Error('the answer was cut off')));
      response.on('end', () => {
        clearTimeout(timer);
        // An answer may come before all has been sent.
        resolve({ response, text: Buffer.concat(answer).toString('utf8'), isGone: sent.writableFinished });
      });
    });
    for (const piece of pieces) sent.write(piece);
    sent.end();
  });
  return { status: response.statusCode ?? 0, body: parseJson(text), retryAfterMs: seconds(response.headers['retry-after']), isGone };
}

/** The same by a function of the application's. */
async function fetched(fetch: typeof globalThis.fetch, url: string, options: RequestOptions): Promise<Answer> {
  const { method = 'POST', token, headers, body, timeoutMs } = options;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const type = typeof body === 'string' ? { 'content-type': 'application/json' } : {};
  const all = { accept: 'application/json', ...type, ...authorization, ...headers };
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    // A function of the application's may look at what it is given: JSON is a text for it, as `braintrust` gives it.
    const bytes = typeof body === 'object' ? Buffer.concat(body) : body;
    const given = all['content-type'] === 'application/json' ? bytes?.toString() : bytes;
    const response = await fetch(url, { method, headers: all, signal, ...(given !== undefined && { body: given }) });
    const text = await response.text();
    const retryAfterMs = seconds(response.headers.get('retry-after') ?? undefined);
    return { status: response.status, body: parseJson(text), retryAfterMs, isGone: false };
  } catch (error) {
    throw new Unanswered(new URL(url).origin, reasonFor(error));
  }
}

/** What may be told of an error of somebody else's: a code or a name that is known. Its text, and even those, can be anything. */
export function reasonFor(error: unknown, otherwise = 'no answer'): string {
  try {
    const both = [isObject(error) ? error.cause : undefined, error].filter(isObject);
    const known = [...both.map(({ code }) => code), ...both.map(({ name }) => name)];
    return known.find((one): one is string => typeof one === 'string' && TOLD.test(one)) ?? otherwise;
  } catch {
    return otherwise; // a getter of it has thrown
  }
}

/** System errors (ECONNREFUSED), those of Node, of its `fetch` and of TLS, and what ends a request in time. */
const TOLD = /^(E[A-Z\d]{2,15}|(ERR|UND_ERR|HPE|CERT|HOSTNAME|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)_[A-Z_\d]{2,40}|(Abort|Timeout)Error)$/;

interface Received {
  response: http.IncomingMessage;
  text: string;
  isGone: boolean;
}

const KEPT = { keepAlive: true, maxSockets: 8, scheduling: 'lifo' } as const;

/** Where Node is told of proxies. */
export const PROXIES = /^(NODE_USE_ENV_PROXY|https?_proxy|no_proxy)$/i;

/** Whether this process goes through the proxies of its environment, as its `fetch` then does. (From Node 24.5 on.) */
export const usesProxies = (): boolean =>
  process.env.NODE_USE_ENV_PROXY === '1' || [process.env.NODE_OPTIONS, ...process.execArgv].join(' ').includes('--use-env-proxy');

const options = () => ({ ...KEPT, ...(usesProxies() && { proxyEnv: process.env }) });
let plain: http.Agent | undefined;
let secured: https.Agent | undefined;

function agentFor(secure: boolean): http.Agent {
  if (secure) secured ??= new https.Agent(options());
  else plain ??= new http.Agent(options());
  return (secure ? secured : plain) ?? http.globalAgent;
}

function seconds(value: string | undefined): number | undefined {
  const parsed = Number(value);
  return value !== undefined && Number.isFinite(parsed) && parsed >= 0 ? parsed * 1000 : undefined;
}
