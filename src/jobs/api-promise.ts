import { follow } from '../follow';
import { guard } from '../guard';
import { isObject } from '../read';
import type { JsonObject } from '../types';
import { begun, finished, Unfinished } from '../unfinished';

/** Hears how a request of the Anthropic SDK goes. None of it may throw. */
export interface RequestListener {
  /** The headers are there. */
  responded(response: unknown): void;
  /** The body is there, as the application gets it. */
  parsed(value: unknown): void;
  failed(error: unknown): void;
  /** The application has let go of an answer whose body it has not asked the SDK for (`asResponse`), or the process ends. */
  unread(): void;
}

/**
 * Listens to an `APIPromise` in place. It sends its request at once and parses the answer when the application asks for it; both are
 * members of its own, and are replaced by followers: nothing is parsed for us, and a rejection that nobody handles stays unhandled.
 * @returns whether it is a promise as we know it
 */
export function listenToRequest(promise: unknown, listener: RequestListener): boolean {
  const members = guard('request', () => membersOf(promise));
  if (!members) return false;
  const { owner, responsePromise, parseResponse } = members;
  let isParsing = false;
  const unread = unreadBy(listener);
  const responded = (props: unknown): void => {
    guard('response', () => listener.responded(isObject(props) ? props.response : undefined));
    if (isParsing) return;
    begun(unread);
    letGo.register(owner, unread, unread);
  };
  const followed = guard('follow', () => follow(responsePromise, responded, listener.failed));
  if (followed === undefined) return false;
  put(owner, 'responsePromise', followed);
  put(owner, 'parseResponse', function (this: unknown, ...args: unknown[]): unknown {
    isParsing = true;
    finished(unread);
    letGo.unregister(unread);
    const parsed: unknown = parseResponse.apply(this, args);
    return guard('follow', () => follow(parsed, listener.parsed, listener.failed)) ?? parsed;
  });
  return true;
}

const letGo = new FinalizationRegistry<Unfinished>((unread) => unread.end());

/** A function of its own, so that it does not close over the promise. */
function unreadBy(listener: RequestListener): Unfinished {
  const unread = new Unfinished(() => {
    if (finished(unread)) guard('unread', () => listener.unread());
  });
  return unread;
}

interface Members {
  owner: JsonObject;
  responsePromise: unknown;
  parseResponse: (...args: unknown[]) => unknown;
}

function membersOf(promise: unknown): Members | undefined {
  if (!isObject(promise)) return undefined;
  const { responsePromise, parseResponse } = promise;
  const isOwn = (name: string): boolean => Object.getOwnPropertyDescriptor(promise, name)?.configurable === true;
  if (!isObject(responsePromise) || !isFunction(parseResponse) || !isOwn('responsePromise') || !isOwn('parseResponse')) return undefined;
  return { owner: promise, responsePromise, parseResponse };
}

const isFunction = (value: unknown): value is Members['parseResponse'] => typeof value === 'function';

/** The rest of the member stays as it was. */
const put = (owner: object, name: string, value: unknown) => Object.defineProperty(owner, name, { value });
