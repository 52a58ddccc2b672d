import { setImmediate } from 'node:timers';
import { isMainThread } from 'node:worker_threads';
import { replaceBuiltInWhenLoaded } from './built-in';
import { config } from './config';
import { guard } from './guard';
import { isObject } from './read';
import { say } from './say';
import { type Open, patchSend, prepare, wrapSend } from './send';

/** What opens a call of Bedrock Runtime, and all that it brings. */
const load = (): Open => {
  const loaded: typeof import('./open') = require('./open');
  return loaded.openRuntime;
};

/** Patches `send` of the module's `BedrockRuntimeClient`, once. For the loader; never throws. */
export function patchBedrockRuntime(namespace: unknown): void {
  guard('patch', () => {
    if (!patchSend(namespace, 'BedrockRuntimeClient', load)) return;
    prepare(load);
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
    if (!wrapSend(client, load)) return;
    prepare(load);
    replaceBuiltInWhenLoaded();
    sendLeftovers();
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
