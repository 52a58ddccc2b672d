import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it, test } from 'node:test';
import { copyOf, keep } from '../src/copy';

describe('what an application has given', () => {
  it('is kept as it was: its objects, lists and bytes are copied, its texts are shared', () => {
    const bytes = Uint8Array.from([1, 2, 3]);
    const given = { messages: [{ role: 'user', content: [{ text: 'a' }, { image: { source: { bytes } } }] }], at: new Date(0) };
    const { value, size } = keep(given);
    const before = structuredClone(given);
    bytes.fill(0);
    given.messages[0]?.content.push({ text: 'b' });
    Object.assign(given, { messages: [] });
    assert.deepEqual(value, before);
    assert.equal(size, 'user'.length + 'a'.length + 3);
  });

  it('is plain objects, whatever classes the application has for them', () => {
    class Message {
      role = 'user';
      #secret = 1;
      get content() {
        return this.#secret;
      }
    }
    assert.deepEqual(copyOf([new Message(), Object.assign(Object.create(null), { a: 1 })]), [{ role: 'user' }, { a: 1 }]);
  });

  it('keeps its keys, `__proto__` included', () => {
    const copy = copyOf(JSON.parse('{"__proto__":{"polluted":true},"constructor":1}'));
    assert.equal(JSON.stringify(copy), '{"__proto__":{"polluted":true},"constructor":1}');
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });

  it('loses what throws, and no more', () => {
    const hostile = {
      a: 1,
      get b(): never {
        throw new Error('no');
      },
      c: new Proxy(
        {},
        {
          ownKeys() {
            throw new Error('no');
          },
        },
      ),
    };
    assert.deepEqual(copyOf(hostile), { a: 1, b: '[unreadable]', c: '[unreadable]' });
    assert.deepEqual(keep(hostile.c), { value: {}, size: 0 });
    assert.deepEqual(keep(null), { value: {}, size: 0 });
  });

  it('has what there is of a list that does not say the truth about its length', () => {
    for (const [length, copy] of [
      [-1, []],
      [1.5, ['a', 'b']],
      [Number.NaN, []],
      [3, ['a', 'b', undefined]],
      [2n, ['a', 'b']],
    ] as const) {
      const list = new Proxy(['a', 'b'], { get: (target, name) => (name === 'length' ? length : Reflect.get(target, name)) });
      assert.deepEqual(copyOf(list), copy, String(length));
    }
  });

  it('ends where it goes round in circles, and is not written out where it is shared a thousand times', () => {
    const circle: Record<string, unknown> = { a: 1 };
    circle.self = circle;
    assert.deepEqual(copyOf(circle), { a: 1, self: '[circular]' });
    let shared: unknown = 'text';
    for (let depth = 0; depth < 60; depth++) shared = [shared, shared];
    copyOf(shared); // ends
  });

  it('is no deeper than anything that is recorded', () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 10_000; depth++) deep = { deep };
    assert.match(JSON.stringify(copyOf(deep)), /"\[too deep\]"/);
  });

  it('leaves streams, files and other bodies where they are', () => {
    for (const body of [new Blob(['a']), new ReadableStream(), new Map([[1, 2]]), (async function* () {})()]) {
      assert.equal(Reflect.get(Object(copyOf({ body })), 'body'), body);
    }
  });
});

test('a small limit of a field is no limit of what is kept: the model stands behind the messages', () => {
  const program = `const { keep } = require(${JSON.stringify(join(__dirname, '../src/copy.ts'))});
    const messages = Array.from({ length: 100 }, (_, index) => ({ role: 'user', content: [{ text: String(index) }] }));
    console.log(keep({ messages, modelId: 'm' }).value.modelId);`;
  const env = { ...process.env, BRAINTRUST_BEDROCK_MAX_FIELD_BYTES: '100' };
  assert.equal(execFileSync(process.execPath, ['--import', 'tsx', '-e', program], { encoding: 'utf8', env }), 'm\n');
});

describe('bytes', () => {
  it('past the size of an attachment are not copied, except those of a body', () => {
    const large = new Uint8Array(21 * 1024 * 1024);
    const copy = Object(copyOf({ image: large, body: large.subarray(0, 3) }));
    assert.equal(copy.image, large);
    assert.notEqual(copy.body.buffer, large.buffer);
    assert.deepEqual(Object(copyOf({ body: large })).body.byteLength, large.byteLength);
  });

  it('of files that are past it together are not copied any more: they are attached together or not at all', () => {
    const files = Array.from({ length: 30 }, () => ({ image: { source: { bytes: new Uint8Array(1024 * 1024) } } }));
    const copies = Object.values(Object(copyOf(files))) as typeof files;
    assert.ok(copies.every(({ image }, index) => image.source.bytes !== files[index]?.image.source.bytes));
    assert.equal(copies.filter(({ image }) => image.source.bytes instanceof Uint8Array).length, 20);
    assert.ok(copies.every(({ image }) => image.source.bytes.byteLength === 1024 * 1024));
  });

  it('count as held, copied or not: what waits with them is written the sooner', () => {
    assert.equal(
      keep({ image: new Uint8Array(100), body: new Uint8Array(10), large: new Uint8Array(21 * 1024 * 1024) }).size,
      110 + 21 * 1024 * 1024,
    );
  });
});
