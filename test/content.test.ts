import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { asWritten, jsonOf } from '../src/as-written';
import { Binary } from '../src/binary';
import { attach, errorContent, snapshot } from '../src/content';
import { configure, cut } from '../src/policy';

const input = (value: unknown) => snapshot({ input: value }).value.input;

describe('the copy of a field', () => {
  it('is not changed by what the application does afterwards', () => {
    const value = { list: [{ text: 'before' }] };
    const copy = input(value);
    const first = value.list[0];
    if (first) first.text = 'after';
    value.list.push({ text: 'new' });
    assert.deepEqual(copy, { list: [{ text: 'before' }] });
  });

  it('is plain JSON, whatever the application puts there', () => {
    const circular: Record<string, unknown> = { name: 'loop' };
    circular.self = circular;
    let deep: unknown = 'bottom';
    for (let depth = 0; depth < 10_000; depth++) deep = [deep];
    const hostile = {
      big: 12345678901234567890n,
      date: new Date(0),
      noDate: new Date(Number.NaN),
      infinite: Number.POSITIVE_INFINITY,
      symbol: Symbol('s'),
      method() {},
      circular,
      deep,
      bytes: new Uint8Array(5),
      surrogate: '\ud800',
      map: new Map([['a', 1]]),
      proxy: new Proxy({}, { ownKeys: () => { throw new Error('trap'); } }), // biome-ignore format: one hostile thing a line
      get getter() {
        throw new Error('getter');
      },
      frozen: Object.freeze({ a: 1 }),
      ['__proto__']: { polluted: true },
      constructor: 'mine',
    };
    const copy = input(hostile);
    const json = JSON.parse(JSON.stringify(copy));
    assert.equal(json.big, '12345678901234567890');
    assert.equal(json.date, '1970-01-01T00:00:00.000Z');
    assert.equal(json.circular.self, '[circular]');
    assert.deepEqual(json.bytes, { byteLength: 5 });
    assert.equal(json.getter, '[unreadable]');
    assert.equal(json.constructor, 'mine');
    assert.equal(Reflect.get({}, 'polluted'), undefined);
    assert.match(JSON.stringify(copy), /too deep/);
  });

  it('may name the same object twice', () => {
    const shared = { a: 1 };
    assert.deepEqual(input([shared, shared]), [{ a: 1 }, { a: 1 }]);
  });
});

describe('a field past its limit', () => {
  it('is cut at a character boundary and says how much of it was', () => {
    const text = '€'.repeat(1024 * 1024);
    const copy = input({ text });
    assert.ok(typeof copy === 'object' && copy !== null);
    const shown = String(Reflect.get(copy, 'text'));
    assert.match(shown, /^€+… \[\d+ of 3145728 bytes cut\]$/);
    assert.ok(Buffer.byteLength(shown) <= 2 * 1024 * 1024 + 100);
  });

  it('is written as it is where all that was cut is ASCII, and the note is not', () => {
    asWritten(() => {
      const { value } = snapshot({ input: [{ text: 'x'.repeat(3 * 1024 * 1024) }, { text: 'y'.repeat(2000) }] });
      assert.equal(jsonOf(value).toString(), JSON.stringify(value));
    });
  });

  it('has no more of a list than there is when it is read', () => {
    let reads = 0;
    const list = new Proxy(['a', 'b'], { get: (target, name) => (name === 'length' && reads++ === 0 ? 5 : Reflect.get(target, name)) });
    assert.deepEqual(input(list), ['a', 'b']);
  });

  it('stays small when it is made of a million members', () => {
    const copy = input(Array.from({ length: 1_000_000 }, (_, index) => ({ index })));
    assert.ok(JSON.stringify(copy).length < 4 * 1024 * 1024);
    assert.match(JSON.stringify(copy), /of 1000000 items cut/);
  });

  it('keeps the roles, the types and the latest message behind a first one that is too long', () => {
    const message = (text: string) => ({ role: 'user', content: [{ type: 'text', text }] });
    const copy = input([message('x'.repeat(3 * 1024 * 1024)), message('the latest question')]);
    assert.ok(Array.isArray(copy));
    assert.match(copy[0].content[0].text, /^x+… \[\d+ of 3145728 bytes cut\]$/);
    assert.deepEqual(copy[1], message('the latest question'));
  });

  it('counts keys and members', () => {
    const long = input({ ['k'.repeat(5_000_000)]: 1 });
    assert.ok(JSON.stringify(long).length < 1000);
    const wide = input(Object.fromEntries(Array.from({ length: 500_000 }, (_, index) => [`key${index}`, 1])));
    assert.match(JSON.stringify(wide), /of 500000 members cut/);
  });

  it('leaves the other fields whole', () => {
    const { value } = snapshot({ input: 'x'.repeat(3 * 1024 * 1024), output: [{ role: 'assistant' }] });
    assert.deepEqual(value.output, [{ role: 'assistant' }]);
  });

  it('is never cut within a character', () => {
    assert.equal(cut('a€b', 2), 'a');
    assert.equal(cut('a€b', 4), 'a€');
    assert.equal(cut('a€b', 99), 'a€b');
    assert.equal(cut('😀', 3), '');
  });
});

describe('redaction', () => {
  afterEach(() => configure({}));

  it('sees every text of a row: messages, arguments, file names, errors', () => {
    configure({ redact: (text) => text.replaceAll('secret', '***') });
    const { value, files } = snapshot({
      input: [{ role: 'user', content: [{ type: 'text', text: 'a secret' }, { source: new Binary('AAAA', 'text/plain', 'secret.txt') }] }],
      output: [{ content: [{ type: 'tool_use', input: { deep: ['secret'] } }] }],
      metadata: { requestMetadata: { tenant: 'secret' } },
    });
    const [upload] = attach(files);
    const row = JSON.stringify([value, upload?.reference, errorContent({ name: 'E', message: 'secret', stack: 'E: secret' })]);
    assert.doesNotMatch(row, /secret/);
    assert.match(row, /\*\*\*\.txt/);
  });

  it('that throws or answers with something else leaves the text out', () => {
    configure({ redact: () => { throw new Error('no'); } }); // biome-ignore format: on one line
    assert.equal(input('text'), '[redacted]');
    configure({ redact: (() => 7) as never });
    assert.equal(input('text'), '[redacted]');
  });

  it('that is no function is refused', () => {
    assert.throws(() => configure({ redact: 'x' as never }), TypeError);
  });
});

describe('files', () => {
  const image = () => new Binary(Uint8Array.from([1, 2, 3]), 'image/png');

  it('stand in the row as references', () => {
    const bytes = Uint8Array.from([1, 2, 3]);
    const { value, files } = snapshot({ input: [{ image: { source: { bytes: new Binary(bytes, 'image/png') } } }] });
    const [upload] = attach(files);
    assert.deepEqual(upload?.binary.data, Uint8Array.from([1, 2, 3]));
    assert.deepEqual(value.input, [{ image: { source: { bytes: upload?.reference } } }]);
    assert.equal(upload?.reference.filename, 'file.png');
  });

  it('are uploaded all or not at all: past the limit together, each is a summary', () => {
    const large = new Binary(new Uint8Array(15 * 1024 * 1024), 'video/mp4');
    const { value, files } = snapshot({ input: [large, image(), large] });
    assert.deepEqual(attach(files), []);
    assert.deepEqual(value.input, [
      { byteLength: large.byteLength, contentType: 'video/mp4' },
      { byteLength: 3, contentType: 'image/png' },
      { byteLength: large.byteLength, contentType: 'video/mp4' },
    ]);
  });

  it('are each a summary where one alone is past the limit', () => {
    const huge = new Binary(new Uint8Array(21 * 1024 * 1024), 'video/mp4');
    const { value, files } = snapshot({ input: [huge, image()] });
    assert.deepEqual(attach(files), []);
    assert.deepEqual(value.input, [
      { byteLength: huge.byteLength, contentType: 'video/mp4' },
      { byteLength: 3, contentType: 'image/png' },
    ]);
  });
});
