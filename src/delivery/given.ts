import { guard } from '../guard';
import { isObject, object, string } from '../read';
import type { BraintrustState } from '../state';

/** What an application has given to a logger of `braintrust` to log in with. */
export interface Given {
  apiKey: string | undefined;
  appUrl: string | undefined;
  orgName: string | undefined;
  /** Though somebody has logged in before. */
  forceLogin: boolean;
}

/**
 * The options of a logger's own log-in, before it has logged in: it keeps them in a function, so that is asked for them, and what it calls with
 * them only listens. Whatever it returns to is never reached. Nothing of the logger's changes.
 */
export function givenTo(logger: object, state: BraintrustState): Given | undefined {
  return guard('given', () => {
    const options = heardBy(state, object(Reflect.get(logger, 'lazyMetadata'))?.callable);
    if (!isObject(options)) return undefined;
    const ofAll = object(state.loginParams);
    const text = (name: string) => (string(options[name]) ?? string(ofAll?.[name]))?.trim() || undefined;
    return { apiKey: text('apiKey'), appUrl: text('appUrl'), orgName: text('orgName'), forceLogin: options.forceLogin === true };
  });
}

/** What `login` of a state is called with. */
function heardBy(state: BraintrustState, call: unknown): unknown {
  if (typeof call !== 'function') return undefined;
  let heard: unknown;
  const own = Object.getOwnPropertyDescriptor(state, 'login');
  const listen = (options: unknown) => {
    heard = options;
    return new Promise(() => {});
  };
  Object.defineProperty(state, 'login', { value: listen, configurable: true, writable: true });
  try {
    // Should it not call that first, what becomes of it is nobody's.
    Promise.resolve(call()).catch(() => {});
  } finally {
    if (own) Object.defineProperty(state, 'login', own);
    else Reflect.deleteProperty(state, 'login');
  }
  return heard;
}
