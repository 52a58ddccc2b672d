import { setImmediate } from 'node:timers';
import { isMainThread } from 'node:worker_threads';
import { replaceBuiltInWhenLoaded } from './built-in';
import { config } from './config';
import { guard } from './guard';
import { isObject } from './read';
import { say } from './say';
import type { Send } from './trace';

/** Marks a `send` of ours. Registered, so that a second copy of this package sees it too. */
const TRACED = Symbol.for('braintrust-bedrock.send');
/** Marks a client that has a `send` of ours as its own, with itself: what stands behind or before it (a Proxy, a subclass) is another one. */
const WRAPPED = Symbol.for('braintrust-bedrock.wrapped');

/** Patches `send` of the module's `BedrockRuntimeClient`, once. For the loader; never throws. */
export function patchBedrockRuntime(namespace: unknown): void {
  guard('patch', () => {
    const client = isObject(namespace) || typeof namespace === 'function' ? Reflect.get(namespace, 'BedrockRuntimeClient') : undefined;
    const prototype: unknown = typeof client === 'function' ? client.prototype : undefined;
    if (!isObject(prototype) || isTraced(prototype)) return;
    replaceSend(prototype);
    replaceBuiltInWhenLoaded();
    sendLeftovers();
  });
}

/**
 * Traces the calls of one Bedrock Runtime client, for applications that do not use the loader hook.
 * Wrapping a client twice, or one that the hook has already patched, changes nothing.
 *
 * @param client a `BedrockRuntimeClient` or `BedrockRuntime`; anything else is given back untouched, with a line on stderr
 * @returns the same client
 * @example examples/wrap.ts
 */
export function wrapBedrockRuntime<T extends object>(client: T): T {
  guard('wrap', () => {
    if (!config().on) return;
    if (!isObject(client) || typeof client.send !== 'function' || !isObject(client.config) || !isObject(client.middlewareStack)) {
      say('wrapBedrockRuntime was given something that is no client of the AWS SDK; it is not traced.');
      return;
    }
    if (isTraced(client)) return;
    replaceSend(client);
    replaceBuiltInWhenLoaded();
    sendLeftovers();
    Object.defineProperty(client, WRAPPED, { value: client });
  });
  return client;
}

/** What an earlier process could not send waits in a directory, where the user has named one. */
function sendLeftovers(): void {
  if (config().spoolDir === undefined || !isMainThread) return;
  setImmediate(() => {
    guard('spool', () => {
      const exit: typeof import('./delivery/exit') = require('./delivery/exit');
      exit.sendLeftovers();
    });
  }).unref();
}

function isTraced(target: object): boolean {
  const send: unknown = Reflect.get(target, 'send');
  return typeof send === 'function' && TRACED in send;
}

function replaceSend(target: object): void {
  const own = Object.getOwnPropertyDescriptor(target, 'send');
  // An inherited send is looked up at each call: whoever patches the parent class after us is still called.
  const original = (): Send => own?.value ?? Reflect.get(Object.getPrototypeOf(target), 'send');
  function send(this: object, ...args: unknown[]): unknown {
    const trace = guard('line', () => {
      // A wrapped client calls down to its class, patched or not: the call is already being traced.
      if (this !== target && isObject(this) && Reflect.get(this, WRAPPED) === this) return undefined;
      loaded ??= require('./trace') as typeof import('./trace');
      return loaded.traceSend;
    });
    return trace ? trace(original(), this, args) : original().apply(this, args);
  }
  Object.defineProperty(send, 'length', { value: original().length, configurable: true });
  Object.defineProperty(send, TRACED, { value: true });
  Object.defineProperty(target, 'send', { value: send, writable: true, configurable: true, enumerable: own?.enumerable ?? false });
}

/** The line, and all that it brings: not needed until the first call. */
let loaded: typeof import('./trace') | undefined;
