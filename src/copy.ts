/** No request is this deep; a deeper value is hostile or a mistake. */
const MAX_DEPTH = 100;

/**
 * A copy of a value's structure that the application cannot change any more: its objects and lists are new, its texts, bytes and dates are shared.
 * For what is read later than the call that it belongs to.
 */
export function copyOf(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((item) => copyOf(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const copied = copyOf(member, depth + 1);
    // Assigning to `__proto__` would change the copy's prototype instead.
    if (name === '__proto__') Object.defineProperty(copy, name, { value: copied, enumerable: true, configurable: true, writable: true });
    else copy[name] = copied;
  }
  return copy;
}
