import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import { debug, guard } from './guard';
import { isObject } from './read';
import { type BraintrustState, braintrustState, STATE } from './state';

/**
 * Braintrust's own Bedrock instrumentation (`braintrust/hook.mjs`, `wrapBedrockRuntime`, its bundler plugins) would write a second span
 * for each call, so it is switched off, once. What it knows of frameworks that trace their model calls themselves is kept: see `isSuppressed`.
 *
 * Asked for when a client class is patched and at each call, not when the hook loads: `braintrust` may be imported at any time, and an
 * application whose SDK is not ours to patch keeps the spans that it has.
 */
export function replaceBuiltIn(state: BraintrustState): void {
  if (replaced.has(state)) return;
  for (const key of Object.getOwnPropertySymbols(state)) {
    if (!key.description?.startsWith('braintrust.registry')) continue;
    const registry: unknown = Reflect.get(state, key);
    const plugin = isObject(registry) && isObject(registry.braintrustPlugin) ? registry.braintrustPlugin.bedrockRuntimePlugin : undefined;
    if (!isObject(plugin) || typeof plugin.disable !== 'function') continue;
    replaced.add(state);
    const disable = plugin.disable.bind(plugin);
    guard('suppression', () => watchSuppression(unsubscribed(disable)));
    debug('switched off the Bedrock part of braintrust/hook.mjs: these calls are traced here');
  }
}

const replaced = new WeakSet<object>();

/**
 * Does so as soon as `braintrust` is there, now or later: its `wrapBedrockRuntime` opens a span before the client's own `send` is called.
 * Until then the place where `braintrust` puts its state tells when it comes, and is a plain property again from that moment on.
 */
export function replaceBuiltInWhenLoaded(): void {
  const state = braintrustState();
  if (state) replaceBuiltIn(state);
  if (Object.hasOwn(globalThis, STATE)) return;
  Object.defineProperty(globalThis, STATE, {
    configurable: true,
    get: () => undefined,
    set(value: unknown) {
      Object.defineProperty(globalThis, STATE, { value, writable: true, enumerable: true, configurable: true });
      // its plugins are made in the same turn, after its state
      queueMicrotask(() => guard('built-in', replaceBuiltInWhenLoaded));
    },
  });
}

/**
 * Whether the caller is a framework that records its model calls itself (Strands Agents, for one) and has suppressed the spans of the
 * provider below it. Braintrust's `wrapBedrockRuntime` suppresses what is below it too, for its own sake: then what counts is what was
 * suppressed above it.
 */
export function isSuppressed(command: unknown): boolean {
  const outer = wrapped.getStore();
  return outer?.command === command && outer ? outer.suppressed : probe();
}

let probe = (): boolean => false;
const wrapped = new AsyncLocalStorage<{ command: unknown; suppressed: boolean }>();

/** A tracing channel of `braintrust`, and what its Bedrock plugin had listening there. */
interface Subscription {
  channel: { start?: { bindStore?(store: object, transform: (event: unknown) => unknown): void } };
  start: (event: object) => unknown;
}

/** The mark is private to `braintrust`; a start handler of its looks at an event only where there is no mark. Any of them will do. */
function watchSuppression(subscriptions: readonly Subscription[]): void {
  const [first] = subscriptions;
  if (!first) return;
  probe = () => {
    looked = false;
    return guard('suppression', () => first.start(new Question()) ?? true) === true && !looked;
  };
  for (const { channel } of subscriptions) {
    channel.start?.bindStore?.(wrapped, (event) => ({ command: firstArgument(event), suppressed: probe() }));
  }
}

let looked = false;
/** A call of nothing. */
class Question {
  get arguments(): unknown[] {
    looked = true;
    return [];
  }
}

const firstArgument = (event: unknown) => (isObject(event) && Array.isArray(event.arguments) ? event.arguments[0] : undefined);

/** Runs `disable` and gives what it unsubscribes, from Node's tracing channels (up to 3.2x) or from those of `braintrust` itself. */
function unsubscribed(disable: () => void): Subscription[] {
  const found: Subscription[] = [];
  const own: unknown = Reflect.get(globalThis, '__braintrust_instrumentation_hooks');
  const channels = [tracingChannel('braintrust-bedrock'), ...(own instanceof Map ? own.values() : [])];
  const restore = [...new Set(channels.map((channel) => Object.getPrototypeOf(channel)))].map((prototype) => {
    const { unsubscribe } = prototype;
    prototype.unsubscribe = function (this: Subscription['channel'], handlers: unknown) {
      if (isObject(handlers) && typeof handlers.start === 'function') found.push({ channel: this, start: handlers.start.bind(handlers) });
      return unsubscribe.call(this, handlers);
    };
    return () => {
      prototype.unsubscribe = unsubscribe;
    };
  });
  try {
    disable();
  } finally {
    for (const undo of restore) undo();
  }
  return found;
}
