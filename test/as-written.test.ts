import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asWritten, jsonOf, parseBody } from '../src/as-written';

const LINE = 'Take tram 28 from Martim Moniz; the miradouro at Graça is "two stops" before — 東京 🚋.\n\\ ';
const LONG = LINE.repeat(1500);

/** What is written of what was read from a body, by somebody who puts it into a row. */
function through(body: Uint8Array, row: (value: unknown) => unknown): string {
  let json = '';
  asWritten(() => {
    json = jsonOf(row(parseBody(new TextDecoder().decode(body), body))).toString();
  });
  return json;
}

/** Bodies by what is special about them. */
const BODIES: Readonly<Record<string, string>> = {
  'a text in blocks': JSON.stringify({ id: 'x', content: [{ type: 'text', text: LONG }], usage: { input_tokens: 42 } }),
  'a text without anything that is escaped': JSON.stringify({ text: 'Graça '.repeat(20_000) }),
  'every character escaped': `{"text":"${'\\u00e7\\/\\n'.repeat(20_000)}","stop":"\\u0041"}`,
  'a text alone': JSON.stringify(LONG),
  'a text in a list': JSON.stringify(['a', LONG, 'b']),
  'a text as a name': JSON.stringify({ [LONG]: 1, other: 'x' }),
  'a text that another member replaces': `{"text":${JSON.stringify(LONG)},"text":"short"}`,
  'a member of a special name': `{"__proto__":{"text":${JSON.stringify(LONG)}},"a":1}`,
  'a text behind a byte order mark': `\ufeff${JSON.stringify({ text: LONG })}`,
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
      const written = through(body, (value) => ({ before: 'é', value, again: [value], after: 1 }));
      const value = parsed(json);
      assert.deepEqual(JSON.parse(written), JSON.parse(JSON.stringify({ before: 'é', value, again: [value], after: 1 })));
    });
  }

  it('is written with the very bytes that were read', () => {
    const json = `{"text":"${'ç\\/'.repeat(40_000)}"}`;
    assert.equal(
      through(new TextEncoder().encode(json), (value) => value),
      json,
    );
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

  it("leaves a row as it was, which may be another's", () => {
    const row = { output: { text: LONG }, frozen: Object.freeze({ text: LONG }) };
    const body = new TextEncoder().encode(JSON.stringify({ text: LONG }));
    assert.deepEqual(JSON.parse(through(body, () => row)), row);
    assert.deepEqual(row, { output: { text: LONG }, frozen: { text: LONG } });
  });

  it('is found behind a request of many messages', () => {
    const json = `{"text":"${'ç\\/'.repeat(40_000)}"}`;
    const input = Array.from({ length: 20_000 }, () => ({ role: 'user' }));
    const written = through(new TextEncoder().encode(json), (output) => ({ input, output }));
    assert.ok(written.endsWith(`"output":${json}}`));
  });

  it('is kept by nobody when it has been written', () => {
    const body = new TextEncoder().encode(`{"text":"${'\\/'.repeat(50_000)}"}`);
    const value = parseBody(new TextDecoder().decode(body), body);
    assert.equal(jsonOf(value).includes('\\/'), false, 'nothing was kept where nothing is to be written');
    through(body, (read) => read);
    assert.equal(jsonOf(value).includes('\\/'), false, 'nothing is left from before');
  });
});
