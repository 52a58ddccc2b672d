import { follow } from './follow';
import { guard } from './guard';
import type { Open, Send } from './send';

/**
 * The line that every call takes; send.ts loads it at the first one. What the application gets is what `send` gives; all else is guarded.
 * A call that is not to be traced (another service's command, nobody to record for) costs the look-up and nothing more.
 * @public
 */
export function traceSend(open: Open, send: Send, client: object, args: unknown[]): unknown {
  // A traced send that is called by another one on its way (a wrapped client behind a Proxy, a patched class) carries the same call.
  const call = args[0] !== undefined && args[0] === sending ? undefined : guard('open', () => open(client, args));
  if (!call) return send.apply(client, args);
  const ended = guard('callback', () => withCallback(args, call.succeed, call.fail));
  let result: unknown;
  const outer = sending;
  try {
    sending = args[0];
    result = send.apply(client, ended ?? args);
  } catch (error) {
    call.fail(error);
    throw error;
  } finally {
    sending = outer;
    guard('sent', () => call.sent?.());
  }
  return guard('follow', () => (ended && result === undefined ? undefined : follow(result, call.succeed, call.fail))) ?? result;
}

/** The command that is being sent at this moment: set while `send` itself runs, before anything is awaited. */
let sending: unknown;

/** The arguments with the application's callback replaced by one that hears the outcome first; `undefined` where there is no callback. */
function withCallback(args: unknown[], succeed: (output: unknown) => void, fail: (error: unknown) => void): unknown[] | undefined {
  const index = typeof args[1] === 'function' ? 1 : 2;
  const callback = args[index];
  if (typeof callback !== 'function') return undefined;
  const heard = function (this: unknown, ...outcome: unknown[]): unknown {
    if (outcome[0]) fail(outcome[0]);
    else succeed(outcome[1]);
    return callback.apply(this, outcome);
  };
  return [...args.slice(0, index), heard, ...args.slice(index + 1)];
}
