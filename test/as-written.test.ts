import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { describe, it } from 'node:test';
import { asWritten, jsonOf, parseBody, putText } from '../src/as-written';
import { customized, masked } from '../src/customizers';
import { STATE } from '../src/state';

const LINE = 'Take tram 28 from Martim Moniz; the miradouro at Graça is "two stops" before — 東京 🚋.\n\\ ';
const LONG = LINE.repeat(1500);

/** What is written of what was read from a body, by somebody who puts it into a row. */
function through(body: Uint8Array, row: (value: unknown) => unknown): string {
  let json = '';
  asWritten(() => {
    json = jsonOf(put({ value: row(parseBody(body) ?? new TextDecoder().decode(body)) })).toString();
  });
  return json.slice('{"value":'.length, -1);
}

/** A copy of what may stand in a row, which says what texts it has, as content.ts does. */
function put<T>(source: T): T {
  const copy = structuredClone(source);
  putAll(copy);
  return copy;
}

function putAll(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const member of Object.values(value)) {
    if (typeof member === 'string') putText(member, Buffer.byteLength(member) === member.length);
    else putAll(member);
  }
}

const CUSTOMIZERS = Symbol.for('braintrust.spanCustomizers');

/** Bodies by what is special about them. */
const BODIES: Readonly<Record<string, string>> = {
  'a text in blocks': JSON.stringify({ id: 'x', content: [{ type: 'text', text: LONG }], usage: { input_tokens: 42 } }),
  'a text without anything that is escaped': JSON.stringify({ text: 'Graça '.repeat(20_000) }),
  'every character escaped': `{"text":"${'\\u00e7\\/\\n'.repeat(20_000)}","stop":"\\u0041"}`,
  'a text alone': JSON.stringify(LONG),
  'a text in a list': JSON.stringify(['a', LONG, 'b']),
  'a text in a list of many': JSON.stringify([LONG, ...new Array(3000).fill(1)]),
  'a text as a name': JSON.stringify({ [LONG]: 1, other: 'x' }),
  'a text that another member replaces': `{"text":${JSON.stringify(LONG)},"text":"short"}`,
  'a member of a special name': `{"__proto__":{"text":${JSON.stringify(LONG)}},"a":1}`,
  'a text behind a byte order mark': `\ufeff${JSON.stringify({ text: LONG })}`,
  'a text that begins with a byte order mark': JSON.stringify({ text: `\ufeff${'Graça '.repeat(20_000)}` }),
  'a byte order mark behind a text': `{"text":${JSON.stringify('Graça '.repeat(20_000))}\ufeff}`,
  'what stands for what is no character': JSON.stringify({ text: 'Graça \ufffd '.repeat(20_000) }),
  'a quote where a byte order mark puts it': `\ufeff{"a": "${'x'.repeat(100_000)}"}`,
  'a file': JSON.stringify({ data: 'aGVsbG8gd29ybGQh'.repeat(10_000) }),
  'a list of many': `{"v":[${'1,'.repeat(200_000)}1],"a":"${'y'.repeat(600_000)}"}`,
  'a few members around it': JSON.stringify({ list: Array.from({ length: 500 }, (_, index) => ({ index })), text: LONG }),
  'half a character': `{"text":"\\ud83d${'x'.repeat(100_000)}"}`,
  'a deep one': `${'['.repeat(1000)}${JSON.stringify(LONG)}${']'.repeat(1000)}`,
  'nothing but quotes': JSON.stringify({ text: '"'.repeat(100_000) }),
  'two long texts': JSON.stringify({ a: LONG, b: `${LONG}!` }),
  'no JSON': `{"text":${JSON.stringify(LONG)}`,
  'a control character at the end': `{"text":"${'x'.repeat(100_001)}\n"}`,
  'a control character at the beginning': `{"text":"\n${'x'.repeat(100_002)}"}`,
  'a control character within': `{"text":"${'x'.repeat(70_003)}\u0000${'x'.repeat(60_001)}"}`,
  'a character above all others': `{"text":"${'\u007f\u{10ffff} '.repeat(20_000)}"}`,
  'a broken literal': `{"text":"\\x${'x'.repeat(100_000)}"}`,
  'slashes that need not be escaped': `{"text":"${'ç\\/'.repeat(40_000)}"}`,
  'a member that is named toJSON': JSON.stringify({ text: LONG, toJSON: 'x' }),
};

function parsed(json: string): unknown {
  try {
    return JSON.parse(json.replace(/^\ufeff/, ''));
  } catch {
    return json;
  }
}

describe('a body that is mostly one long text', () => {
  for (const [name, json] of Object.entries(BODIES)) {
    it(`is read and written as JSON: ${name}`, () => {
      const body = new TextEncoder().encode(json);
      let read: unknown;
      const written = through(body, (value) => {
        read = value;
        return { before: 'é', value, again: [value], after: 1 };
      });
      const value = parsed(json);
      assert.deepEqual(read, value);
      assert.equal(written, JSON.stringify({ before: 'é', value, again: [value], after: 1 }));
    });
  }

  it('is written as UTF-8 where it is none', () => {
    const body = Buffer.from(`{"text":"${'x '.repeat(50_000)}?"}`);
    body[body.indexOf('?')] = 0xff;
    assert.equal(
      through(body, (value) => value),
      `{"text":"${'x '.repeat(50_000)}\ufffd"}`,
    );
    let bytes: readonly Uint8Array[] = [];
    asWritten(() => {
      bytes = jsonOf(put({ value: parseBody(body) })).pieces;
    });
    assert.ok(isUtf8(Buffer.concat(bytes)));
  });

  it('is written with the very bytes that were read', (context) => {
    const stringify = context.mock.method(JSON, 'stringify');
    const written = through(new TextEncoder().encode(`{"text":"${'ç\\n'.repeat(40_000)}"}`), (value) => value);
    assert.equal(written, `{"text":"${'ç\\n'.repeat(40_000)}"}`);
    assert.equal(stringify.mock.callCount(), 0, 'it is not written anew');
  });

  it('is written as what has become of it, where that is something else', () => {
    const body = new TextEncoder().encode(JSON.stringify({ text: LONG }));
    const cut = (value: unknown) => ({ text: String(Reflect.get(Object(value), 'text')).replaceAll('Graça', '[place]') });
    assert.deepEqual(JSON.parse(through(body, cut)), { text: LONG.replaceAll('Graça', '[place]') });
  });

  it('is written as it is where its bytes are no UTF-8', () => {
    const body = Buffer.concat([Buffer.from('{"text":"'), Buffer.from([0xff]), Buffer.from(`${'x'.repeat(100_000)}"}`)]);
    const value = JSON.parse(new TextDecoder().decode(body));
    assert.deepEqual(JSON.parse(through(body, (read) => read)), value);
  });

  it('is written plainly where every character of it is escaped: that would be several times as long', () => {
    const json = `{"text":"${'\\u00e7'.repeat(20_000)}"}`;
    assert.equal(
      through(new TextEncoder().encode(json), (value) => value),
      JSON.stringify(JSON.parse(json)),
    );
  });

  it('stands in the row as before when that has been written, or could not be', () => {
    const row: Record<string, unknown> = put({ output: { texts: [LONG, 'short', `${LONG}!`] } });
    const before = structuredClone(row);
    asWritten(() => {
      putAll(row);
      assert.equal(jsonOf(row).toString(), JSON.stringify(before));
      assert.deepEqual(row, before);
      putAll(row);
      row.number = 1n;
      assert.throws(() => jsonOf(row), TypeError);
      assert.deepEqual(row, { ...before, number: 1n });
    });
  });

  it('is written as what a span customizer has made of the row, whose own code sees the row as it is', (context) => {
    const seen: unknown[] = [];
    const onSpanExport = (row: { output: { text: string } }) => ({
      ...row,
      output: { toJSON: () => seen.push(row.output.text.length) && row.output.text.slice(0, 4) },
    });
    Reflect.set(globalThis, CUSTOMIZERS, [{ onSpanExport }]);
    context.after(() => Reflect.deleteProperty(globalThis, CUSTOMIZERS));
    asWritten(() => assert.equal(jsonOf(customized(put({ output: { text: LONG } }))).toString(), '{"output":"Take"}'));
    assert.deepEqual(seen, [LONG.length]);
  });

  it('leaves nothing behind in the next row where one could not be written', (context) => {
    const texts = { text: `${LONG}1`, other: `${LONG}2` };
    asWritten(() => {
      const write = context.mock.method(Buffer.prototype, 'write', () => {
        throw new RangeError('Array buffer allocation failed');
      });
      putAll({ text: LONG });
      const row = { text: LONG, more: 1n };
      assert.throws(() => jsonOf(row), TypeError);
      write.mock.restore();
      assert.equal(jsonOf(put(texts)).toString(), JSON.stringify(texts));
    });
  });

  it('is written where a Proxy of somebody’s throws at what JSON.stringify does not ask', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const getPrototypeOf = () => assert.fail('nobody asks');
    const row = { text: LONG, member: new Proxy({ a: 1 }, { getPrototypeOf }) };
    asWritten(() => {
      putAll({ text: LONG });
      assert.equal(jsonOf(row).toString(), JSON.stringify(row));
      putAll({ text: LONG });
      assert.throws(() => jsonOf({ text: LONG, proxy }), TypeError);
    });
  });

  for (const prototype of [Array.prototype, Object.prototype]) {
    it(`is there for who looks at it while it is written, by a toJSON of all ${prototype.constructor.name}s`, (context) => {
      const value = function (this: object) {
        return String(Object.values(this)).slice(0, 25);
      };
      Object.defineProperty(prototype, 'toJSON', { value, configurable: true });
      context.after(() => Reflect.deleteProperty(prototype, 'toJSON'));
      const row = { texts: [LONG] };
      asWritten(() => {
        putAll(row);
        assert.equal(jsonOf(row).toString(), JSON.stringify(row));
      });
    });
  }

  it('is there for a masking function that has seen the error of a call', (context) => {
    const error = put({ message: LONG });
    const onSpanExport = ({ output }: { output: typeof error }) => ({
      output: Object.assign(output, { toJSON: () => output.message.slice(0, 25) }),
    });
    const bgLogger = () => ({ exportCustomizers: [{ onSpanExport }] });
    Reflect.set(globalThis, STATE, { ...Object(Reflect.get(globalThis, STATE)), bgLogger });
    context.after(() => Reflect.deleteProperty(globalThis, STATE));
    asWritten(() => {
      putAll(error);
      const row = { error: masked(error) };
      assert.equal(jsonOf(row).toString(), JSON.stringify({ error: LONG.slice(0, 25) }));
    });
  });

  it('is not looked for where something else stands now', () => {
    const row = { a: put({ text: LONG }), b: put({ text: `${LONG}?` }) };
    asWritten(() => {
      putAll(row);
      row.a.text = 'cut';
      assert.equal(jsonOf(row).toString(), JSON.stringify({ a: { text: 'cut' }, b: { text: `${LONG}?` } }));
      assert.equal(row.a.text, 'cut');
    });
  });

  it('is found behind a request of many messages', (context) => {
    const body = new TextEncoder().encode(JSON.stringify({ text: LONG }));
    const input = Array.from({ length: 20_000 }, () => ({ role: 'user' }));
    const stringify = context.mock.method(JSON, 'stringify');
    through(body, (output) => ({ input, output }));
    assert.equal(stringify.mock.callCount(), 0);
  });

  it('is kept by nobody when it has been written', (context) => {
    const body = new TextEncoder().encode(JSON.stringify({ text: LONG }));
    const stringify = context.mock.method(JSON, 'stringify');
    const isWrittenAnew = (value: unknown) =>
      jsonOf({ value }).length > 0 && Number(stringify.mock.calls.at(-1)?.result?.length) > LONG.length;
    const value = parseBody(body);
    assert.ok(isWrittenAnew(value), 'nothing was kept where nothing is to be written');
    through(body, (read) => read);
    assert.ok(isWrittenAnew(value), 'nothing is left from before');
  });
});
