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
    startHandlers.push(...unsubscribed(disable));
    debug('switched off the Bedrock part of braintrust/hook.mjs: these calls are traced here');
  }
}

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

const replaced = new WeakSet<object>();
const startHandlers: ((event: object) => void)[] = [];

/**
 * Whether the caller is a framework that records its model calls itself (Strands Agents, for one) and has suppressed the spans of the
 * provider below it. The mark is private to `braintrust`; its start handler looks at an event only where there is no mark.
 */
export function isSuppressed(): boolean {
  const handler = startHandlers[0];
  if (!handler) return false;
  let looked = false;
  const probe = {
    get arguments() {
      looked = true;
      return [];
    },
  };
  const asked = guard('suppression', () => {
    handler(probe);
    return true;
  });
  return asked === true && !looked;
}

/** Runs `disable` and gives the start handlers that it unsubscribes. */
function unsubscribed(disable: () => void): ((event: object) => void)[] {
  const prototype: unknown = Object.getPrototypeOf(tracingChannel('braintrust-bedrock'));
  const found: ((event: object) => void)[] = [];
  if (!isObject(prototype) || typeof prototype.unsubscribe !== 'function') {
    disable();
    return found;
  }
  const unsubscribe = prototype.unsubscribe;
  prototype.unsubscribe = function (this: unknown, handlers: unknown) {
    if (isObject(handlers) && typeof handlers.start === 'function') found.push(handlers.start.bind(handlers));
    return unsubscribe.call(this, handlers);
  };
  try {
    disable();
  } finally {
    prototype.unsubscribe = unsubscribe;
  }
  return found;
}
