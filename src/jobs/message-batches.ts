import { guard } from '../guard';
import { isObject } from '../read';

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
    if (isObject(prototype) && METHODS.every((name) => typeof prototype[name] === 'function')) replaceMethods(prototype);
  });
}

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
