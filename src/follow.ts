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
  if (value instanceof Promise) {
    return value.then(
      (result) => {
        fulfilled(result);
        return result;
      },
      (error) => {
        rejected(error);
        throw error;
      },
    );
  }
  const then: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'then') : undefined;
  if (typeof then === 'function') then.call(value, fulfilled, rejected);
  else fulfilled(value);
  return value;
}
