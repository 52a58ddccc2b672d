import { replaceBuiltInWhenLoaded } from './built-in';
import { guard } from './guard';
import { isObject } from './read';
import { say } from './say';
import type { Send } from './trace';

/** Marks a `send` of ours. Registered, so that a second copy of this package sees it too. */
const TRACED = Symbol.for('braintrust-bedrock.send');
/** Marks a client that has a `send` of ours as its own. */
const WRAPPED = Symbol.for('braintrust-bedrock.wrapped');

/** Patches `send` of the module's `BedrockRuntimeClient`, once. For the loader; never throws. */
export function patchBedrockRuntime(namespace: unknown): void {
  guard('patch', () => {
    const client = isObject(namespace) || typeof namespace === 'function' ? Reflect.get(namespace, 'BedrockRuntimeClient') : undefined;
    const prototype: unknown = typeof client === 'function' ? client.prototype : undefined;
    if (!isObject(prototype) || isTraced(prototype)) return;
    replaceSend(prototype);
    replaceBuiltInWhenLoaded();
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
    if (!isObject(client) || typeof client.send !== 'function')
      return say('wrapBedrockRuntime was given something without a send method; it is not traced.');
    if (isTraced(client)) return;
    replaceSend(client);
    replaceBuiltInWhenLoaded();
    Object.defineProperty(client, WRAPPED, { value: true });
  });
  return client;
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
    // A wrapped client calls down to its class, patched or not: the call is already being traced.
    if (this !== target && WRAPPED in this) return original().apply(this, args);
    return line().traceSend(original(), this, args);
  }
  Object.defineProperty(send, TRACED, { value: true });
  Object.defineProperty(target, 'send', { value: send, writable: true, configurable: true, enumerable: own?.enumerable ?? false });
}

let loaded: typeof import('./trace') | undefined;

/** The line, and all that it brings: not needed until the first call. */
function line(): typeof import('./trace') {
  loaded ??= require('./trace') as typeof import('./trace');
  return loaded;
}
