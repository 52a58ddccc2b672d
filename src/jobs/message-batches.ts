import { config } from '../config';
import { guard } from '../guard';
import { isObject, object } from '../read';
import { say } from '../say';
import type { JsonObject } from '../types';

/** What is traced of Message Batches; everything else of the SDK passes. */
const METHODS = ['create', 'retrieve', 'list', 'cancel', 'results'] as const;
export type MethodName = (typeof METHODS)[number];
/** A method of the SDK's. */
export type Method = (...args: unknown[]) => unknown;

/** Marks a method of ours. Registered, so that a second copy of this package sees it too. */
const TRACED = Symbol.for('braintrust-bedrock.message-batches');

/** Patches the methods of the module's `Batches`, once. For the loader; never throws. @public */
export function patchMessageBatches(namespace: unknown): void {
  guard('patch', () => {
    const batches = isObject(namespace) || typeof namespace === 'function' ? Reflect.get(namespace, 'Batches') : undefined;
    const prototype: unknown = typeof batches === 'function' ? batches.prototype : undefined;
    if (isBatches(prototype)) replaceMethods(prototype);
  });
}

/**
 * Traces the Message Batches of one client of the SDK of Anthropic, `beta` included, for applications that do not use the loader hook.
 * Wrapping a client twice, or one that the hook has already patched, changes nothing.
 *
 * @param client an `Anthropic`; anything else is given back untouched, with a line on stderr
 * @returns the same client
 * @example const client = wrapMessageBatches(new Anthropic());
 */
export function wrapMessageBatches<T extends object>(client: T): T {
  guard('wrap', () => {
    if (!config().on) return;
    const all = [client, Reflect.get(client, 'beta')].map((part) => object(object(part)?.messages)?.batches).filter(isBatches);
    if (all.length === 0) say('wrapMessageBatches was given something that is no client of the SDK of Anthropic; it is not traced.');
    for (const batches of all) replaceMethods(batches);
  });
  return client;
}

const isBatches = (value: unknown): value is JsonObject => isObject(value) && METHODS.every((name) => typeof value[name] === 'function');

function replaceMethods(target: object): void {
  for (const name of METHODS) {
    const method: unknown = Reflect.get(target, name);
    if (isMethod(method) && !(TRACED in method)) replace(target, name, method);
  }
}

const isMethod = (value: unknown): value is Method => typeof value === 'function';

function replace(target: object, name: MethodName, original: Method): void {
  const own = Object.getOwnPropertyDescriptor(target, name);
  function method(this: unknown, ...args: unknown[]): unknown {
    const trace = guard('line', () => {
      loaded ??= require('./message-batch-calls') as typeof import('./message-batch-calls');
      return loaded.traceMethod;
    });
    return trace ? trace(name, original, this, args) : original.apply(this, args);
  }
  Object.defineProperty(method, 'name', { value: original.name, configurable: true });
  Object.defineProperty(method, 'length', { value: original.length, configurable: true });
  Object.defineProperty(method, TRACED, { value: true });
  Object.defineProperty(target, name, { value: method, writable: true, configurable: true, enumerable: own?.enumerable ?? false });
}

/** The line, and all that it brings: not needed until the first call. */
let loaded: typeof import('./message-batch-calls') | undefined;
