import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Row } from '../../demo/ingest';
import { wantsColour, widthOf, wrap } from '../../demo/terminal';
import { drawTree } from '../../demo/tree';

const says = (role: string, text: string) => [{ role, content: [{ type: 'text', text }] }];

const root: Row = { id: '1', span_id: 'r', span_attributes: { name: 'plan', type: 'task' }, metrics: { start: 10, end: 12 } };
const call: Row = {
  id: '2',
  span_id: 'c',
  span_parents: ['r'],
  span_attributes: { name: 'bedrock.converse', type: 'llm' },
  metadata: { model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0' },
  metrics: { start: 10.5, end: 11.5, time_to_first_token: 0.25, prompt_tokens: 1234, prompt_cached_tokens: 1000, completion_tokens: 56 },
  input: says('user', 'Where is it?'),
  output: says('assistant', 'In Lisbon.'),
};

/** The drawn lines without the header. */
const drawn = (spans: Row[], columns = 80) => drawTree(spans, { columns }).split('\n').slice(2);

describe('the tree', () => {
  it('draws a span under its parent with its model, its numbers and what was said', () => {
    assert.deepEqual(drawn([call, root]), [
      'plan                                         2.00 s',
      '└─ bedrock.converse  claude-sonnet-4-5       1.00 s  250 ms  1,234  1,000     56',
      '      Where is it? → In Lisbon.',
    ]);
  });

  it('names the columns above the numbers', () => {
    const [header, , , first] = drawTree([root, call], { columns: 80 }).split('\n');
    assert.equal(header, 'span                                           time    ttft prompt cached output');
    assert.equal(first?.indexOf('1.00 s'), (header?.indexOf('time') ?? 0) - 2);
  });

  it('writes the whole model id where there is room for it', () => {
    assert.match(drawn([call], 120)[0] ?? '', /^bedrock\.converse {2}us\.anthropic\.claude-sonnet-4-5-20250929-v1:0 /);
  });

  it('keeps every line within the width', () => {
    const long = says('user', 'word '.repeat(100));
    for (const columns of [64, 80, 100, 140]) {
      for (const line of drawn([root, { ...call, input: long, output: long }], columns))
        assert.ok([...line].length <= columns, `${columns}: ${line}`);
    }
  });

  it('orders siblings by their start and draws the last one with a corner', () => {
    const early = {
      ...call,
      id: '3',
      span_id: 'e',
      metrics: { start: 10.1, end: 10.2 },
      span_attributes: { name: 'early' },
      input: undefined,
      output: undefined,
    };
    const names = drawn([root, call, early]).map((line) => line.split('  ')[0]);
    assert.deepEqual(names.slice(0, 3), ['plan', '├─ early', '└─ bedrock.converse']);
  });

  it('shows a span whose parent never arrived as a root', () => {
    assert.match(drawn([{ ...call, span_parents: ['lost'] }])[0] ?? '', /^bedrock\.converse/);
  });

  it('shows an error beside the partial answer, in red where there is colour', () => {
    const failed = { ...call, error: 'ThrottlingException: Slow down.\n    at send' };
    assert.equal(drawn([failed]).at(-1), '   ✗ ThrottlingException: Slow down.');
    assert.ok(drawTree([failed], { colour: true }).includes('\x1b[31m✗ ThrottlingException: Slow down.\x1b[39m'));
  });

  it('notes retries, an intervening guardrail and a stream that did not end well', () => {
    const metadata = { attempts: 2, stopReason: 'guardrail_intervened', streamStatus: 'incomplete' };
    assert.equal(drawn([{ ...call, metadata }], 100)[1], '   2 attempts, guardrail intervened, incomplete  Where is it? → In Lisbon.');
  });

  it('draws tool calls, tool results and files by what they are', () => {
    const input = [
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'json', json: { celsius: 24 } }] }] },
    ];
    const output = [{ role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'get_weather', input: { city: 'Lisbon' } }] }];
    assert.equal(drawn([{ ...call, input, output }])[1], '   [result] { celsius: 24 } → get_weather(city: "Lisbon")');
    const file = { type: 'braintrust_attachment', content_type: 'image/png', filename: 'a', key: 'k' };
    const photo = [
      {
        role: 'user',
        content: [
          { type: 'image', image: { format: 'png', source: { bytes: file } } },
          { type: 'text', text: 'What is this?' },
        ],
      },
    ];
    assert.equal(drawn([{ ...call, input: photo, output: { inputTokens: 3 } }])[1], '   [image/png] What is this? → { inputTokens: 3 }');
  });

  it('lets no control character of an answer through to the terminal', () => {
    assert.equal(drawn([{ ...call, output: says('assistant', 'a\x1b[2Jb\nc') }])[1], '   Where is it? → a[2Jb c');
  });

  it('pictures when each span ran, thin until its first token, where there is room', () => {
    const lines = drawn([root, call], 128);
    const bar = (line = '') => line.slice(lines[0]?.indexOf('━'));
    assert.equal(bar(lines[0]), '━'.repeat(20));
    assert.equal(bar(lines[1]), `     ${'─'.repeat(3)}${'━'.repeat(7)}`);
  });
});

describe('the terminal', () => {
  it('is coloured on a TTY, with FORCE_COLOR, and never with NO_COLOR', () => {
    assert.equal(wantsColour({}, false), false);
    assert.equal(wantsColour({}, true), true);
    assert.equal(wantsColour({ FORCE_COLOR: '1' }, false), true);
    assert.equal(wantsColour({ FORCE_COLOR: '0' }, true), false);
    assert.equal(wantsColour({ NO_COLOR: '1', FORCE_COLOR: '1' }, true), false);
  });

  it('has the width of COLUMNS, else its own, else 100', () => {
    assert.equal(widthOf({ COLUMNS: '72' }, 140), 72);
    assert.equal(widthOf({}, 140), 140);
    assert.equal(widthOf({}, undefined), 100);
  });

  it('wraps between words and keeps the indentation', () => {
    assert.deepEqual(wrap('you  one two three', 12, 2), ['you  one two', '  three']);
    assert.deepEqual(wrap('   (one)', 20, 3), ['   (one)']);
  });
});
