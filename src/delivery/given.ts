import { guard } from '../guard';
import { isObject, object, string } from '../read';
import type { BraintrustState } from '../state';

/** What an application has given to a logger of `braintrust` to log in with. */
export interface Given {
  apiKey: string | undefined;
  appUrl: string | undefined;
  orgName: string | undefined;
}

/**
 * The options of a logger's own log-in, before it has logged in: it keeps them in a function, so that is asked for them, and what it calls with
 * them only listens. Whatever it returns to is never reached. Nothing of the logger's changes.
 */
export function givenTo(logger: object, state: BraintrustState): Given | undefined {
  return guard('given', () => {
    const login = object(Reflect.get(logger, 'lazyMetadata'))?.callable;
    if (typeof login !== 'function') return undefined;
    let options: unknown;
    const own = Object.getOwnPropertyDescriptor(state, 'login');
    const listen = (given: unknown) => {
      options = given;
      return new Promise(() => {});
    };
    Object.defineProperty(state, 'login', { value: listen, configurable: true, writable: true });
    try {
      void login();
    } finally {
      if (own) Object.defineProperty(state, 'login', own);
      else Reflect.deleteProperty(state, 'login');
    }
    if (!isObject(options)) return undefined;
    return { apiKey: string(options.apiKey), appUrl: string(options.appUrl), orgName: string(options.orgName) };
  });
}
