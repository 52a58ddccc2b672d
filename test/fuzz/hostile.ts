/** What a hostile value throws: nothing else may come out of one. */
export class Hostile extends Error {
  override readonly name = 'Hostile';
}

const refuse = () => {
  throw new Hostile('hostile');
};

/** Deeper than any call stack bears. */
const DEEP = 10_000;

const TRAPS = [
  ...(['get', 'has', 'ownKeys', 'getOwnPropertyDescriptor', 'getPrototypeOf'] as const),
  ...(['set', 'defineProperty', 'deleteProperty', 'setPrototypeOf', 'isExtensible', 'preventExtensions'] as const),
];
const only = (...names: string[]) => Object.fromEntries(names.map((name) => [name, refuse]));

/** Values that break careless code, by name: made anew each time. A getter that throws and a circle need a holder, see `described.ts`. */
export const HOSTILE: Readonly<Record<string, () => unknown>> = {
  'proxy that throws at everything': () => new Proxy({}, only(...TRAPS)),
  'proxy that throws at get': () => new Proxy({ text: 'a', role: 'user', type: 'text' }, only('get')),
  'proxy that throws at its keys': () => new Proxy({ text: 'a', type: 'text' }, only('ownKeys')),
  'proxy that throws at descriptors': () => new Proxy({ text: 'a', type: 'text' }, only('getOwnPropertyDescriptor')),
  'proxy of a list that throws at get': () => new Proxy(['a'], only('get')),
  'revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  'revoked proxy of a list': () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    return proxy;
  },
  'proxy without end': () => endless(),
  'deep object': () => deep((inner) => ({ inner })),
  'deep list': () => deep((inner) => [inner]),
  'deep blocks': () => deep((inner) => ({ toolResult: { toolUseId: 'a', content: [inner] } })),
  'deep content': () => deep((content) => ({ type: 'tool_result', content: [content] })),
  'deep text': () => `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`,
  'deep bytes': () => Buffer.from(`${'{"message":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`),
  'wide object': () => Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`member${index}`, index])),
  'wide list': () => Array.from({ length: 3000 }, (_, index) => ({ text: `item ${index}` })),
  bigint: () => 2n ** 80n,
  symbol: () => Symbol('hostile'),
  function: () => refuse,
  undefined: () => undefined,
  date: () => new Date(0),
  'invalid date': () => new Date(Number.NaN),
  'date that throws': () => Object.assign(new Date(0), { toISOString: refuse, getTime: refuse, toJSON: refuse }),
  'not a number': () => Number.NaN,
  infinity: () => Number.NEGATIVE_INFINITY,
  'minus zero': () => -0,
  'huge number': () => 1.7976931348623157e308,
  'tiny number': () => 5e-324,
  'lone surrogate': () => 'a\ud800b\udc00',
  'null prototype': () => Object.assign(Object.create(null), { text: 'a', type: 'text' }),
  'foreign prototype': () => Object.create({ text: 'inherited', type: 'text', role: 'user' }),
  'prototype key': () => JSON.parse('{"__proto__":{"polluted":1},"text":"a"}'),
  'constructor key': () => ({ constructor: { prototype: { polluted: 1 } }, prototype: { polluted: 1 }, text: 'a' }),
  'no constructor': () => Object.assign(Object.create(null), { [Symbol.asyncIterator]: refuse }),
  'frozen object': () => Object.freeze({ text: 'a', content: Object.freeze([Object.freeze({ text: 'b' })]) }),
  'sealed object': () => Object.seal({ text: 'a', toolUse: Object.seal({ input: 'b' }) }),
  'sparse list': () => Object.assign(new Array(100_000), { 70000: { text: 'a' } }),
  'list with members': () => Object.assign(['a'], { type: 'text', text: 'a', toJSON: refuse }),
  'typed array': () => new Float64Array([1, Number.NaN, 3]),
  'big typed array': () => new Float64Array(20_000),
  'data view': () => new DataView(new ArrayBuffer(8)),
  'array buffer': () => new ArrayBuffer(8),
  'shared buffer': () => new Uint8Array(new SharedArrayBuffer(8)),
  'detached bytes': () => detached(),
  'detached buffer': () => detached().buffer,
  map: () => new Map([['text', 'a']]),
  set: () => new Set(['a']),
  'regular expression': () => /a/g,
  error: () => new Hostile('hostile'),
  'boxed text': () => Object('text'),
  'to JSON that throws': () => ({ text: 'a', toJSON: refuse }),
  'to text that throws': () => ({ toString: refuse, valueOf: refuse, [Symbol.toPrimitive]: refuse }),
  'then that throws': () => Object.defineProperty({}, 'then', { get: refuse, enumerable: true }),
  'aborted that throws': () => Object.defineProperty({}, 'aborted', { get: refuse, enumerable: true }),
  promise: () => Promise.resolve('a'),
  generator: () => (function* () {})(),
  stream: () => new ReadableStream(),
  blob: () => new Blob(['a']),
  iterator: () => ({ [Symbol.asyncIterator]: refuse, [Symbol.iterator]: refuse }),
  'class instance': () =>
    new (class Mine {
      text = 'a';
      get type() {
        return refuse();
      }
    })(),
};

function deep(around: (inner: unknown) => unknown): unknown {
  let value: unknown = 'bottom';
  for (let depth = 0; depth < DEEP; depth++) value = around(value);
  return value;
}

/** Each member that is asked for is another one of the same. */
function endless(): unknown {
  const target: Record<string, unknown> = { content: undefined };
  return new Proxy(target, { get: (_, name) => (name === 'content' ? [endless()] : undefined) });
}

function detached(): Uint8Array {
  const bytes = new Uint8Array(16);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}
