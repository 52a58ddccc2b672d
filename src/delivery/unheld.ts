import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { guard } from '../guard';
import { isObject } from '../read';

const mine = new AsyncLocalStorage<boolean>();
const requests = new WeakSet<object>();
let running = 0;

/**
 * Runs what makes requests by `fetch`, which do not keep the process alive then: a login of `braintrust` that nobody answers would, for five
 * minutes, in an application that has nothing else to do. Node's `fetch` tells of its requests and their sockets on these channels.
 */
export async function unheld<T>(run: () => Promise<T>): Promise<T> {
  if (running++ === 0) {
    subscribe('undici:request:create', onRequest);
    subscribe('undici:client:sendHeaders', onSent);
  }
  try {
    return await mine.run(true, run);
  } finally {
    if (--running === 0) {
      // As long as it is on, every promise of the process costs more.
      mine.disable();
      unsubscribe('undici:request:create', onRequest);
      unsubscribe('undici:client:sendHeaders', onSent);
    }
  }
}

function onRequest(message: unknown): void {
  if (mine.getStore() && isObject(message) && isObject(message.request)) requests.add(message.request);
}

function onSent(message: unknown): void {
  if (!isObject(message) || !isObject(message.request) || !requests.has(message.request)) return;
  const { socket } = message;
  guard('socket', () => isObject(socket) && typeof socket.unref === 'function' && socket.unref());
}
