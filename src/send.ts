import { setTimeout } from 'node:timers';
import { guard } from './guard';
import { isObject } from './read';

/** A client's `send`: `(command)`, `(command, options)`, `(command, callback)` or `(command, options, callback)`. */
export type Send = (this: object, ...args: unknown[]) => unknown;

/** Hears one call. None of these throws. */
export interface Listener {
  /** `send` has returned: whatever it builds before it waits for anything has been built. */
  sent?(): void;
  succeed(output: unknown): void;
  fail(error: unknown): void;
}

/** What hears a call that begins, or `undefined` for one that passes as it would without us. */
export type Open = (client: object, args: unknown[]) => Listener | undefined;

/** Marks a `send` of ours. Registered, so that a second copy of this package sees it too. */
const TRACED = Symbol.for('braintrust-bedrock.send');
/** Marks a client that has a `send` of ours as its own, with itself: what stands behind or before it (a Proxy, a subclass) is another one. */
const WRAPPED = Symbol.for('braintrust-bedrock.wrapped');

/**
 * Patches `send` of a client class among a module's exports, once. Never throws.
 * @param load gives what opens a call, with all that it brings: asked for at the first call
 * @returns whether it was patched now
 */
export function patchSend(namespace: unknown, name: string, load: () => Open): boolean {
  const patched = guard('patch', () => {
    const client = isObject(namespace) || typeof namespace === 'function' ? Reflect.get(namespace, name) : undefined;
    const prototype: unknown = typeof client === 'function' ? client.prototype : undefined;
    if (!isObject(prototype) || isTraced(prototype)) return false;
    replaceSend(prototype, load);
    return true;
  });
  return patched === true;
}

/** The same for one client, as its own `send`. */
export function wrapSend(client: object, load: () => Open): boolean {
  if (isTraced(client)) return false;
  replaceSend(client, load);
  Object.defineProperty(client, WRAPPED, { value: client });
  return true;
}

function isTraced(target: object): boolean {
  const send: unknown = Reflect.get(target, 'send');
  return typeof send === 'function' && TRACED in send;
}

function replaceSend(target: object, load: () => Open): void {
  const own = Object.getOwnPropertyDescriptor(target, 'send');
  // An inherited send is looked up at each call: whoever patches the parent class after us is still called.
  const original = (): Send => own?.value ?? Reflect.get(Object.getPrototypeOf(target), 'send');
  let open: Open | undefined;
  function send(this: object, ...args: unknown[]): unknown {
    const trace = guard('line', () => {
      // A wrapped client calls down to its class, patched or not: the call is already being traced.
      if (this !== target && isObject(this) && Reflect.get(this, WRAPPED) === this) return undefined;
      open ??= load();
      loaded ??= require('./trace') as typeof import('./trace');
      return loaded.traceSend;
    });
    return trace && open ? trace(open, original(), this, args) : original().apply(this, args);
  }
  Object.defineProperty(send, 'name', { value: original().name, configurable: true });
  Object.defineProperty(send, 'length', { value: original().length, configurable: true });
  Object.defineProperty(send, TRACED, { value: true });
  Object.defineProperty(target, 'send', { value: send, writable: true, configurable: true, enumerable: own?.enumerable ?? false });
}

/** The line: not needed until the first call. */
let loaded: typeof import('./trace') | undefined;

/**
 * Loads what the first call needs in a turn of its own, as soon as the application has done what it does now. By a timer: what waits for
 * the end of a turn waits, in a server that is idle, for the first request.
 */
export function prepare(load: () => Open): void {
  const prepared = () => {
    guard('line', () => {
      load();
      loaded ??= require('./trace') as typeof import('./trace');
    });
  };
  setTimeout(prepared, 0).unref();
}
