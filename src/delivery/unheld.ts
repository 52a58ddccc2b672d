import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { guard } from '../guard';
import { isObject, string } from '../read';

/** A time that `braintrust` is asked, and what it has requested for it. */
interface Ask {
  /** Of the server. Unknown before `braintrust` has logged in: then its log-in is the first that it requests, and tells. */
  origin: string | undefined;
  paths: Set<string>;
}

const asks = new Set<Ask>();
const requests = new WeakSet<object>();

const LOGIN = /\/api\/apikey\/login$/;
/** What it requests besides: to find a project or an experiment. */
const FIND = /\/api\/(base_)?(project|experiment)(\/\w+)?$/;

/**
 * Runs what makes `braintrust` log in and find a project, by requests of `fetch` that do not keep the process alive: a log-in that nobody
 * answers would, for five minutes, in an application that has nothing else to do. Node's `fetch` tells of requests and sockets on these channels.
 *
 * Ours are told by where they go, and the first of each kind is ours: one that the application makes meanwhile holds the process as ever.
 * An `AsyncLocalStorage` would know for certain, but V8 never makes promises as quick again as they are in a process that has had none: that
 * costs an application 3 % of its calls.
 * @param appUrl where `braintrust` is logged in; absent where it is not
 */
export async function unheld<T>(appUrl: string | null | undefined, run: () => Promise<T>): Promise<T> {
  const ask: Ask = { origin: appUrl ? guard('url', () => new URL(appUrl).origin) : undefined, paths: new Set() };
  if (asks.size === 0) {
    subscribe('undici:request:create', onRequest);
    subscribe('undici:client:sendHeaders', onSent);
  }
  asks.add(ask);
  try {
    return await run();
  } finally {
    asks.delete(ask);
    if (asks.size === 0) {
      unsubscribe('undici:request:create', onRequest);
      unsubscribe('undici:client:sendHeaders', onSent);
    }
  }
}

function onRequest(message: unknown): void {
  if (!isObject(message) || !isObject(message.request)) return;
  const origin = String(message.request.origin);
  const [path = ''] = (string(message.request.path) ?? '').split('?');
  const ask = [...asks].find((one) => !one.paths.has(path) && isOf(one, origin, path));
  if (!ask) return;
  ask.origin = origin;
  ask.paths.add(path);
  requests.add(message.request);
}

const isOf = (ask: Ask, origin: string, path: string): boolean =>
  LOGIN.test(path) ? (ask.origin ?? origin) === origin : ask.origin === origin && FIND.test(path);

function onSent(message: unknown): void {
  if (!isObject(message) || !isObject(message.request) || !requests.has(message.request)) return;
  const { socket } = message;
  guard('socket', () => isObject(socket) && typeof socket.unref === 'function' && socket.unref());
}
