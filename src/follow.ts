import { types } from 'node:util';

/** The language's own, whatever the application makes of `Promise` later. */
const { then } = Promise.prototype;

/**
 * The same as `follow` for what returns promises again and again: nothing but the promise itself is made each time.
 * @param fulfilled must not throw
 * @param rejected must not throw
 */
export function follower(fulfilled: (value: unknown) => void, rejected: (error: unknown) => void): (value: unknown) => unknown {
  const passOn = (result: unknown): unknown => {
    fulfilled(result);
    return result;
  };
  const raise = (error: unknown): never => {
    rejected(error);
    throw error;
  };
  return (value) => (types.isPromise(value) ? then.call(value, passOn, raise) : follow(value, fulfilled, rejected));
}

/**
 * Hears the outcome of what a call has returned, and gives what the application shall have in its place.
 *
 * A native promise gets a follower with the same outcome, one microtask later: a listener at the side of the promise itself would mark it
 * as handled, and the application's unhandled rejections would go unseen. Any other thenable is given back as it is.
 * @param value what the application's call returned
 * @param fulfilled must not throw
 * @param rejected must not throw
 */
export function follow(value: unknown, fulfilled: (value: unknown) => void, rejected: (error: unknown) => void): unknown {
  if (types.isPromise(value)) {
    return then.call(
      value,
      (result: unknown) => {
        fulfilled(result);
        return result;
      },
      (error: unknown) => {
        rejected(error);
        throw error;
      },
    );
  }
  const thenable: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'then') : undefined;
  if (typeof thenable === 'function') thenable.call(value, fulfilled, rejected);
  else fulfilled(value);
  return value;
}
