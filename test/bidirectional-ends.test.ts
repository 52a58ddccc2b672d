import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeModelWithBidirectionalStreamCommand, type InvokeModelWithBidirectionalStreamOutput } from '@aws-sdk/client-bedrock-runtime';
import type { AnswerEvent } from '../demo/bedrock';
import type { Row } from '../demo/ingest';
import { object, objects } from '../src/read';
import { startTraced, type Traced } from './helpers/traced';
import { eventOf, MICROPHONE, model, SETUP, say, sound, wav } from './helpers/voice';

const chunk = (event: object) => ({ chunk: { event } });
/** A turn that has been answered, and one that is being answered. */
const FIRST = [...model.text('USER', 'Hello.'), ...model.text('ASSISTANT', 'Hi.', { stage: 'SPECULATIVE' }), ...model.audio('first')].map(
  chunk,
);
const SECOND = [...model.text('USER', 'Go on.'), ...model.text('ASSISTANT', 'So then', { stage: 'SPECULATIVE' })].map(chunk);
const PIECE = model.audio('second', { id: 'second' }).slice(0, 2).map(chunk);

let answer: AnswerEvent[] = [];
let traced: Traced;
before(async () => {
  traced = await startTraced({ respond: ({ operation }) => (/Bidirectional/.test(operation) ? { events: answer } : undefined) });
});
after(() => traced.close());

type Body = AsyncIterable<InvokeModelWithBidirectionalStreamOutput>;

/** The spans of a session that is answered with these events, by an application that never hangs up. */
async function spansOf(events: AnswerEvent[], application: (body: Body, abort: AbortController) => Promise<unknown>) {
  answer = events;
  const abort = new AbortController();
  async function* body() {
    for (const event of [...SETUP, MICROPHONE, sound(Buffer.from('spoken'))]) yield say(event);
    await new Promise((resolve) => abort.signal.addEventListener('abort', resolve));
  }
  const spans = await traced.spansOf(async () => {
    const command = new InvokeModelWithBidirectionalStreamCommand({ modelId: 'amazon.nova-sonic-v1:0', body: body() });
    const response = await traced.client({ http2: true }).send(command, { abortSignal: abort.signal });
    assert.ok(response.body);
    await application(response.body, abort);
  });
  abort.abort();
  const [session, ...responses] = [...spans].sort((one, other) => Number(one.metrics?.start) - Number(other.metrics?.start));
  return { session, responses };
}

async function drain(body: Body, until = (_event: object) => false) {
  for await (const event of body) if (until(eventOf(event))) return;
}

const isSecondAudio = (event: object) => object(Reflect.get(event, 'audioOutput'))?.contentId === 'second';
const textOf = (row: Row | undefined) => objects(objects(row?.output)[0]?.content).find(({ type }) => type === 'text')?.text;

/** The response that was cut short has what had come of it; the one before it is whole. */
function assertCutShort({ session, responses }: Awaited<ReturnType<typeof spansOf>>, streamStatus: string) {
  assert.equal(session?.metadata?.streamStatus, streamStatus);
  assert.equal(session?.span_attributes?.type, 'task');
  assert.ok(Number(session?.metrics?.end) > 0);
  assert.equal(session?.metadata?.maxTokens, 1024);
  assert.deepEqual(
    responses.map((row) => [textOf(row), row.metadata?.stopReason, row.metadata?.streamStatus, row.error]),
    [
      ['Hi.', 'END_TURN', undefined, undefined],
      ['So then', undefined, 'incomplete', undefined],
    ],
  );
  for (const row of responses) assert.deepEqual(row.span_parents, [session?.span_id]);
}

describe('a session that does not come to its end', () => {
  it('by break is cancelled, and the response that was open is there with its audio', async () => {
    const spans = await spansOf([...FIRST, ...SECOND, ...PIECE, { waitMs: 3000 }], (body) => drain(body, isSecondAudio));
    assertCutShort(spans, 'cancelled');
    assert.equal(spans.session?.error, undefined);
    const content = objects(objects(spans.responses[1]?.output)[0]?.content);
    const reference = object(object(object(content.find(({ type }) => type === 'audio')?.audio)?.source)?.bytes);
    for (let tries = 0; tries < 100 && !traced.ingest.attachments.has(String(reference?.key)); tries++) await sleep(10);
    assert.equal(String(wav(traced.ingest.attachments.get(String(reference?.key)))?.data), 'second');
  });

  it('by abort is aborted', async () => {
    const spans = await spansOf([...FIRST, ...SECOND, ...PIECE, { waitMs: 3000 }], async (body, abort) => {
      await drain(body, (event) => {
        if (isSecondAudio(event)) abort.abort();
        return false;
      }).catch(() => {});
    });
    assertCutShort(spans, 'aborted');
  });

  it('by an exception frame has failed, with the error that the application got', async () => {
    let caught: unknown;
    const exception = { exception: 'modelStreamErrorException', message: 'the model broke' };
    const spans = await spansOf([...FIRST, ...SECOND, ...PIECE, exception], (body) =>
      drain(body).catch((error) => {
        caught = error;
      }),
    );
    assertCutShort(spans, 'failed');
    assert.ok(caught instanceof Error && caught.name === 'ModelStreamErrorException');
    assert.deepEqual(object(spans.session?.error)?.message, 'the model broke');
  });

  it('by a cut wire is no success', async () => {
    let caught: unknown;
    const spans = await spansOf([...FIRST, ...SECOND, ...PIECE, { waitMs: 20 }, 'cut'], (body) =>
      drain(body).catch((error) => {
        caught = error;
      }),
    );
    assertCutShort(spans, caught ? 'failed' : 'incomplete');
    assert.equal(object(spans.session?.error)?.message, caught instanceof Error ? caught.message : undefined);
  });

  it('because it never began is one span with its error and its configuration', async () => {
    const { session, responses } = await spansOf([{ exception: 'validationException', message: 'no such voice' }], async () => {});
    assert.deepEqual(responses, []);
    assert.equal(object(session?.error)?.message, 'no such voice');
    assert.equal(session?.metadata?.maxTokens, 1024);
    assert.deepEqual(objects(session?.input)[0]?.role, 'system');
  });

  it('between two turns is not whole either', async () => {
    const { session, responses } = await spansOf(FIRST, (body) => drain(body));
    assert.equal(session?.metadata?.streamStatus, 'incomplete');
    assert.deepEqual(
      responses.map(({ metadata }) => metadata?.streamStatus),
      [undefined],
    );
  });
});

describe('what the application hears of a session', () => {
  it('is each event, unchanged, in order, and a response is written as soon as the next one begins', async () => {
    const heard: object[] = [];
    let ends = 0;
    const { responses } = await spansOf([...FIRST, ...SECOND, ...PIECE, { waitMs: 300 }], async (body) => {
      for await (const event of body) {
        heard.push(eventOf(event));
        if (!isSecondAudio(eventOf(event))) continue;
        const [row] = await traced.ingest.waitFor((spans) => spans.some((span) => textOf(span) === 'Hi.' && !span.error)).catch(() => []);
        ends += row ? 1 : 0;
      }
    });
    assert.deepEqual(
      heard,
      [...FIRST, ...SECOND, ...PIECE].map(({ chunk: { event } }) => event),
    );
    assert.equal(ends, 1);
    assert.equal(responses.length, 2);
  });

  it('has a first content when it arrived, however late the application reads', async () => {
    const pause = { waitMs: 60 };
    const second = [...SECOND.slice(0, 3), pause, ...SECOND.slice(3), ...PIECE];
    const { responses } = await spansOf([...FIRST.slice(0, 3), pause, ...FIRST.slice(3), ...second, { waitMs: 3000 }], async (body) => {
      for await (const event of body) {
        if (isSecondAudio(eventOf(event))) return;
        if (object(eventOf(event).contentEnd)?.type === 'AUDIO') await sleep(500);
      }
    });
    const first = responses.map(({ metrics }) => Number(metrics?.time_to_first_token));
    assert.equal(first.length, 2);
    assert.ok(
      first.every((seconds) => seconds > 0.04 && seconds < 0.3),
      `times to first token ${first}`,
    );
  });
});
