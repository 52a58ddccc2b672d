import { follow, follower } from './follow';
import { guard } from './guard';
import { isObject } from './read';

/** Hears what passes through a stream. Must not throw. */
export interface Listener {
  event(event: unknown): void;
  /** The source has ended, or the consumer has stopped early. */
  end(how: 'done' | 'cancelled'): void;
  fail(error: unknown): void;
  /** The application has let go of the stream without reaching its end. */
  collected(): void;
}

/**
 * Watches an async iterable in place: the application keeps the object that it was given, and pulls, stops and fails exactly as before.
 * Only the first iteration is watched; these streams can be read once.
 */
export function observe(stream: AsyncIterable<unknown>, listener: Listener): void {
  const iterate = stream[Symbol.asyncIterator];
  let iterated = false;
  Object.defineProperty(stream, Symbol.asyncIterator, {
    configurable: true,
    writable: true,
    enumerable: false,
    value(this: AsyncIterable<unknown>) {
      const iterator = iterate.call(this);
      if (iterated) return iterator;
      iterated = true;
      guard('watch', () => {
        watch(iterator, listener);
        // The iterator may outlive the stream object: from now on it is what the application holds.
        letGo.unregister(listener);
        letGo.register(iterator, listener, listener);
      });
      return iterator;
    },
  });
  // A generator is its own iterator, and may be read without asking for one.
  if ('next' in stream && typeof stream.next === 'function') {
    iterated = true;
    watch(stream as AsyncIterable<unknown> & AsyncIterator<unknown>, listener);
  }
  letGo.register(stream, listener, listener);
}

const letGo = new FinalizationRegistry<Listener>((listener) => listener.collected());

function watch(iterator: AsyncIterator<unknown>, listener: Listener): void {
  const { next, return: stop, throw: raise } = iterator;
  const put = (name: string, value: unknown) => Object.defineProperty(iterator, name, { value, configurable: true, writable: true });
  const seen = (result: unknown) => {
    if (!isObject(result) || result.done) listener.end('done');
    else listener.event(result.value);
  };
  const heard = follower(seen, (error) => listener.fail(error));
  const stopping = (method: (...args: [unknown?]) => unknown) =>
    function (this: AsyncIterator<unknown>, ...args: [unknown?]) {
      listener.end('cancelled');
      return method.apply(this, args);
    };
  put('next', function (this: AsyncIterator<unknown>, ...args: [] | [unknown]) {
    const result: unknown = next.apply(this, args);
    try {
      return heard(result);
    } catch {
      return result;
    }
  });
  if (stop) put('return', stopping(stop));
  if (raise) put('throw', stopping(raise));
}

/** The same iterable, heard as its consumer pulls: for a stream that the application sends, whose own object is not ours to touch. */
export function tap(source: AsyncIterable<unknown>, heard: (event: unknown) => void): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = source[Symbol.asyncIterator]();
      const seen = (result: unknown) => {
        if (isObject(result) && !result.done) heard(result.value);
      };
      const forwarded: object = {
        next(...args: [] | [unknown]) {
          const result: unknown = iterator.next(...args);
          return guard('sent', () => follow(result, seen, () => {})) ?? result;
        },
        ...(iterator.return && { return: iterator.return.bind(iterator) }),
        ...(iterator.throw && { throw: iterator.throw.bind(iterator) }),
      };
      return forwarded as AsyncIterator<unknown>;
    },
  };
}

/** Whether a value is a stream that can be watched. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, Symbol.asyncIterator) === 'function';
}
