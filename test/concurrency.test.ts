import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { type Bedrock, failure, startBedrock } from '../demo/bedrock';
import { type Ingest, startIngest } from '../demo/ingest';
import { environment, runProgram } from './helpers/program';

/** 10,000 calls and 1,000 streams, which take two minutes, where MANY is set. */
const [CALLS, STREAMS] = process.env.MANY ? [10_000, 1000] : [1000, 100];
const MARK = /<(?:call|stream)-\d+>/;
const TOOK = /<(?:call|stream)-\d+>/g;

let bedrock: Bedrock;
let ingest: Ingest;
before(async () => {
  [bedrock, ingest] = await Promise.all([
    startBedrock({
      respond({ body, operation }) {
        const text = JSON.stringify(body ?? '');
        const mark = MARK.exec(text)?.[0] ?? '';
        if (text.includes('fail')) return failure(400, 'ValidationException', `no ${mark}`);
        return operation === 'Converse' ? { json: answer(mark) } : { events: events(mark) };
      },
    }),
    startIngest({
      keep: ({ id, span_attributes, metadata, error, input, output }) => ({
        id,
        ...(span_attributes && { span_attributes }),
        ...(typeof metadata?.streamStatus === 'string' && { metadata: { streamStatus: metadata.streamStatus } }),
        error: error !== undefined,
        output: [...(JSON.stringify([input, output, error]).match(TOOK) ?? [])],
      }),
    }),
  ]);
});
after(() => Promise.all([bedrock.close(), ingest.close()]));

const answer = (mark: string) => ({
  output: { message: { role: 'assistant', content: [{ text: `answer to ${mark}` }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
});
const events = (mark: string) => [
  { messageStart: { role: 'assistant' } },
  ...['answer ', 'to ', mark].map((text) => ({ contentBlockDelta: { contentBlockIndex: 0, delta: { text } } })),
  { contentBlockStop: { contentBlockIndex: 0 } },
  { messageStop: { stopReason: 'end_turn' } },
  { metadata: { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 }, metrics: { latencyMs: 1 } } },
];

it(`${CALLS} calls and ${STREAMS} streams at once give what they give without the hook, and leave one span each, which is its own`, async () => {
  const run = async (...args: string[]) => {
    const env = environment(bedrock, ingest, { CALLS: String(CALLS), STREAMS: String(STREAMS) });
    const { code, stdout, stderr } = await runProgram([...args, 'test/programs/many.mjs'], env);
    assert.equal(stderr, '');
    assert.equal(code, 0);
    return JSON.parse(stdout);
  };
  const without = await run();
  assert.doesNotMatch(String(without.said), /MaxListeners|unhandled/);
  assert.equal(without.rejected, CALLS / 10);
  assert.deepEqual(await run('--import', './hook.mjs'), without);

  const spans = await ingest.waitFor((all) => all.length >= CALLS + STREAMS, 30_000);
  const marks = new Map<string, number>();
  for (const { output } of spans) {
    const own = new Set(Array.isArray(output) ? output : []);
    assert.equal(own.size, 1, `a span of ${[...own].join(' and ')}`);
    for (const mark of own) marks.set(mark, (marks.get(mark) ?? 0) + 1);
  }
  assert.equal(spans.length, CALLS + STREAMS);
  assert.equal(marks.size, CALLS + STREAMS);
  assert.equal(spans.filter(({ error }) => error).length, CALLS / 10);
  assert.equal(spans.filter(({ metadata }) => metadata?.streamStatus === 'cancelled').length, STREAMS / 10);
});
