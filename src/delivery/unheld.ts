import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { guard } from '../guard';
import { isObject, string } from '../read';

/** Where somebody is being asked; an object for each time. */
const asked = new Set<{ origin: string }>();
const requests = new WeakSet<object>();

/** What `braintrust` asks for to log in, and to find a project or an experiment. */
const LOGIN = /\/api\/(apikey\/login|(base_)?(project|experiment)(\/\w+)?)(\?|$)/;

/**
 * Runs what makes requests by `fetch`, which do not keep the process alive then: a login of `braintrust` that nobody answers would, for five
 * minutes, in an application that has nothing else to do. Node's `fetch` tells of its requests and their sockets on these channels.
 *
 * They are told by where they go. An `AsyncLocalStorage` would know whose they are, but V8 never makes promises as quick again as they are in
 * a process that has had none: that costs an application 3 % of its calls.
 */
export async function unheld<T>(appUrl: string, run: () => Promise<T>): Promise<T> {
  const { origin } = guard('url', () => new URL(appUrl)) ?? { origin: '' };
  const here = { origin };
  if (asked.size === 0) {
    subscribe('undici:request:create', onRequest);
    subscribe('undici:client:sendHeaders', onSent);
  }
  asked.add(here);
  try {
    return await run();
  } finally {
    asked.delete(here);
    if (asked.size === 0) {
      unsubscribe('undici:request:create', onRequest);
      unsubscribe('undici:client:sendHeaders', onSent);
    }
  }
}

function onRequest(message: unknown): void {
  if (!isObject(message) || !isObject(message.request)) return;
  const { origin, path } = message.request;
  const goesThere = [...asked].some((here) => here.origin === String(origin));
  if (goesThere && LOGIN.test(string(path) ?? '')) requests.add(message.request);
}

function onSent(message: unknown): void {
  if (!isObject(message) || !isObject(message.request) || !requests.has(message.request)) return;
  const { socket } = message;
  guard('socket', () => isObject(socket) && typeof socket.unref === 'function' && socket.unref());
}
