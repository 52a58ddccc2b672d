import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ConverseStreamCommand, type ConverseStreamOutput, InvokeModelWithResponseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import type { AnswerEvent } from '../demo/bedrock';
import type { Row } from '../demo/ingest';
import { finishAll } from '../src/unfinished';
import { startTraced, type Traced } from './helpers/traced';

const START = { messageStart: { role: 'assistant' } };
const text = (piece: string) => ({ contentBlockDelta: { contentBlockIndex: 0, delta: { text: piece } } });
const END = [
  { contentBlockStop: { contentBlockIndex: 0 } },
  { messageStop: { stopReason: 'end_turn' } },
  { metadata: { usage: { inputTokens: 5, outputTokens: 2, totalTokens: 7 }, metrics: { latencyMs: 12 } } },
];
const WHOLE = [START, text('one '), text('two '), text('three'), ...END];

let events: AnswerEvent[] = WHOLE;
let traced: Traced;
before(async () => {
  traced = await startTraced({ respond: ({ operation }) => (/Stream$/.test(operation) ? { events } : undefined) });
});
after(() => traced.close());

const command = () =>
  new ConverseStreamCommand({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text: 'count' }] }] });

/** Opens a stream that answers with these events and hands it to the application; gives its span. */
async function spanOf(
  answer: AnswerEvent[],
  application: (stream: AsyncIterable<ConverseStreamOutput>, abort: AbortController) => Promise<unknown>,
  http2 = true,
) {
  events = answer;
  const abort = new AbortController();
  const spans = await traced.spansOf(async () => {
    const { stream } = await traced.client({ http2 }).send(command(), { abortSignal: abort.signal });
    assert.ok(stream);
    await application(stream, abort);
  });
  assert.equal(spans.length, 1, 'one span a call');
  assert.ok(spans[0]);
  return spans[0];
}

const outputText = ({ output }: Row) => JSON.stringify(output);

async function drain(stream: AsyncIterable<unknown>) {
  let count = 0;
  for await (const _ of stream) count++;
  return count;
}

describe('a stream that is read to its end', () => {
  it('leaves the answer as the whole response would have been, its usage, and no streamStatus', async () => {
    const span = await spanOf(WHOLE, drain);
    assert.deepEqual(span.output, [{ role: 'assistant', content: [{ type: 'text', text: 'one two three' }] }]);
    assert.equal(span.metrics?.tokens, 7);
    assert.equal(span.metadata?.stopReason, 'end_turn');
    assert.equal(span.metadata?.streamStatus, undefined);
    assert.equal(span.error, undefined);
  });

  it('is the very object that the SDK made, with its own iterator', async () => {
    await spanOf(WHOLE, async (stream) => {
      const iterator = stream[Symbol.asyncIterator]();
      assert.equal(typeof iterator.next, 'function');
      const itself: unknown = Reflect.get(iterator, Symbol.asyncIterator);
      if (typeof itself === 'function') assert.equal(itself.call(iterator), iterator);
      let count = 0;
      while (!(await iterator.next()).done) count++;
      assert.equal(count, WHOLE.length);
    });
  });

  it('counts its span from when `send` was called, and the first token from when it arrived, however late the consumer asks', async () => {
    const span = await spanOf(WHOLE, async (stream) => {
      await sleep(1500);
      await drain(stream);
    });
    const { time_to_first_token: first, start, end } = span.metrics ?? {};
    assert.ok(typeof first === 'number' && first > 0 && first < 1.2, `time to first token ${first}`);
    assert.ok(typeof start === 'number' && typeof end === 'number' && end - start > 1.4);
  });

  it('does not take a control event for the first token', async () => {
    const span = await spanOf([START, { waitMs: 120 }, text('x'), ...END], drain);
    assert.ok(Number(span.metrics?.time_to_first_token) > 0.1, `time to first token ${span.metrics?.time_to_first_token}`);
  });
});

describe('a stream that begins', () => {
  it('is kept at the end of the process, should somebody have removed all listeners meanwhile', async (context) => {
    const listeners = process.listeners('exit');
    context.after(() => {
      process.removeAllListeners('exit');
      for (const listener of listeners) process.on('exit', listener);
    });
    await spanOf(WHOLE, drain); // whatever listens does now
    events = WHOLE;
    const sending = traced.client().send(command());
    process.removeAllListeners('exit');
    const { stream } = await sending;
    assert.equal(process.listenerCount('exit'), 1);
    if (stream) await drain(stream);
  });

  it('that comes when the process had ended its call holds nothing of the call', async () => {
    setFlagsFromString('--expose-gc');
    const gc: () => void = runInNewContext('gc');
    events = WHOLE;
    let stream: unknown;
    const options = await (async () => {
      const options = { abortSignal: new AbortController().signal };
      const sending = traced.client().send(command(), options);
      finishAll();
      const answer = await sending;
      stream = answer.stream;
      if (answer.stream) await drain(answer.stream);
      return new WeakRef(options);
    })();
    for (let tries = 0; tries < 20 && options.deref(); tries++) {
      await sleep(20);
      gc();
    }
    assert.ok(stream);
    assert.equal(options.deref(), undefined);
  });

  it('of InvokeModel has its first token when the first content came, though chunks are read later, however many come before it', async () => {
    const start = { type: 'message_start', message: { id: 'm', role: 'assistant', content: [], usage: { input_tokens: 4 } } };
    const ping = { chunk: { type: 'ping' } };
    const delta = { chunk: { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } } };
    for (const [before, after] of [
      [0, 1],
      [600, 1],
      [3, 200],
    ] as const) {
      const pings = Array.from({ length: before }, () => ping);
      events = [{ chunk: start }, ...pings, { waitMs: 120 }, delta, { waitMs: 300 }, ...Array.from({ length: after }, () => delta)];
      const [span] = await traced.spansOf(async () => {
        const { body } = await traced.client().send(
          new InvokeModelWithResponseStreamCommand({
            modelId: 'anthropic.claude-3-haiku-20240307-v1:0',
            body: JSON.stringify({
              anthropic_version: 'bedrock-2023-05-31',
              max_tokens: 9,
              messages: [{ role: 'user', content: 'Hello' }],
            }),
          }),
        );
        await sleep(before === 3 ? 800 : 0);
        if (body) await drain(body);
      });
      const { time_to_first_token: first, start: begun = 0, end = 0 } = span?.metrics ?? {};
      // What comes after the first content comes 300 ms later, however slow the machine is.
      const rest = end - begun - Number(first);
      assert.ok(Number(first) > 0.1 && rest > 0.2, `${before} before, ${after} after: ${first}, ${rest} before the end`);
      assert.match(outputText(span ?? assert.fail()), new RegExp(`"${'Hi'.repeat(after + 1)}"`));
    }
  });
});

describe('a stream that the application leaves', () => {
  const reader = async (stream: AsyncIterable<unknown>, leave: () => void) => {
    let count = 0;
    for await (const _ of stream) if (++count === 2) leave();
  };

  it('by break is cancelled, with what had come', async () => {
    const span = await spanOf(WHOLE, async (stream) => {
      let count = 0;
      for await (const _ of stream) if (++count === 2) break;
    });
    assert.equal(span.metadata?.streamStatus, 'cancelled');
    assert.match(outputText(span), /one /);
    assert.doesNotMatch(outputText(span), /three/);
    assert.ok(Number(span.metrics?.time_to_first_token) >= 0);
    assert.equal(span.error, undefined);
  });

  it("by an error of its own is cancelled, and the error is the application's", async () => {
    const mine = new Error('mine');
    const span = await spanOf(WHOLE, (stream) =>
      assert.rejects(
        reader(stream, () => {
          throw mine;
        }),
        (error) => error === mine,
      ),
    );
    assert.equal(span.metadata?.streamStatus, 'cancelled');
    assert.equal(span.error, undefined);
  });

  for (const method of ['return', 'throw'] as const) {
    it(`by calling ${method} by hand is cancelled`, async () => {
      const span = await spanOf(WHOLE, async (stream) => {
        const iterator = stream[Symbol.asyncIterator]();
        await iterator.next();
        await iterator.next();
        await iterator[method]?.(new Error('stop')).catch(() => {});
      });
      assert.equal(span.metadata?.streamStatus, 'cancelled');
      assert.match(outputText(span), /one /);
    });
  }

  it('after the last content is whole', async () => {
    const span = await spanOf(WHOLE, async (stream) => {
      for await (const event of stream) if (event.metadata) break;
    });
    assert.equal(span.metadata?.streamStatus, undefined);
    assert.equal(span.metrics?.tokens, 7);
  });

  it('by aborting is aborted, with what had come', async () => {
    const span = await spanOf([START, text('one '), { waitMs: 5000 }, text('two'), ...END], async (stream, abort) => {
      let count = 0;
      for await (const _ of stream) if (++count === 2) abort.abort();
    });
    assert.equal(span.metadata?.streamStatus, 'aborted');
    assert.match(outputText(span), /one /);
  });

  it('without ever reading it is abandoned, once the stream is collected', async () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    events = WHOLE;
    const spans = await traced.spansOf(async () => {
      await traced.client({ http2: true }).send(command());
      await traced.ingest
        .waitFor((rows) => {
          collect();
          return rows.some(({ metadata }) => metadata?.streamStatus === 'abandoned');
        }, 10_000)
        .catch(() => {});
      for (let tries = 0; tries < 40 && !traced.ingest.spans().some(({ metadata }) => metadata?.streamStatus === 'abandoned'); tries++) {
        collect();
        await sleep(50);
      }
    });
    assert.deepEqual(
      spans.map(({ metadata }) => metadata?.streamStatus),
      ['abandoned'],
    );
  });
});

describe('a stream that breaks', () => {
  it('keeps the partial answer, its usage and the time to first token beside the error, which is the same object', async () => {
    let caught: unknown;
    const span = await spanOf(
      [START, text('one '), END[2] ?? 'cut', { exception: 'modelStreamErrorException', message: 'the model broke' }],
      async (stream) => {
        await assert.rejects(drain(stream), (error) => {
          caught = error;
          return true;
        });
      },
    );
    assert.equal(span.metadata?.streamStatus, 'failed');
    assert.match(outputText(span), /one /);
    assert.equal(span.metrics?.tokens, 7);
    assert.ok(Number(span.metrics?.time_to_first_token) >= 0);
    assert.ok(caught instanceof Error);
    assert.deepEqual(span.error, { name: 'ModelStreamErrorException', message: 'the model broke', stack: caught.stack });
  });

  it('before its first event has an error and nothing else', async () => {
    events = [{ exception: 'throttlingException', message: 'slow down' }];
    const [span] = await traced.spansOf(async () => {
      const { stream } = await traced.client().send(command());
      if (stream) await drain(stream);
    });
    assert.equal(Reflect.get(Object(span?.error), 'name'), 'ThrottlingException');
    assert.equal(span?.output, undefined);
  });

  for (const http2 of [false, true]) {
    it(`by a cut wire is no success (HTTP/${http2 ? 2 : 1.1})`, async () => {
      let error: unknown;
      const span = await spanOf(
        [START, text('one '), { waitMs: 20 }, 'cut'],
        (stream) => drain(stream).catch((thrown) => (error = thrown)),
        http2,
      );
      assert.equal(span.metadata?.streamStatus, error ? 'failed' : 'incomplete');
      assert.equal(Reflect.get(Object(span.error), 'message'), Reflect.get(Object(error), 'message'));
      assert.match(outputText(span), /one /);
    });
  }

  it('that ends without its last event is incomplete', async () => {
    const span = await spanOf([START, text('one ')], drain);
    assert.equal(span.metadata?.streamStatus, 'incomplete');
    assert.match(outputText(span), /one /);
  });
});

describe('what the application sees of a stream', () => {
  it('is each event, unchanged, in order, pulled one by one', async () => {
    await spanOf(WHOLE, async (stream) => {
      const seen: unknown[] = [];
      for await (const event of stream) seen.push(event);
      assert.deepEqual(seen, WHOLE);
    });
  });

  it('is an unhandled rejection where nobody handles one', async () => {
    const unhandled: unknown[] = [];
    const listener = (error: unknown) => unhandled.push(error);
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', listener);
    await spanOf([START, { exception: 'modelStreamErrorException', message: 'broke' }], async (stream) => {
      const iterator = stream[Symbol.asyncIterator]();
      await iterator.next();
      void iterator.next();
      await sleep(50);
    });
    process.removeListener('unhandledRejection', listener);
    for (const other of others) process.on('unhandledRejection', other);
    assert.equal(unhandled.length, 1);
  });
});

describe('a stream that cannot be watched', () => {
  it('reaches the application, and its call has a span that does not wait for it', async () => {
    events = WHOLE;
    const client = traced.client({ http2: true });
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        Object.freeze(Reflect.get(result.output, 'stream'));
        return result;
      },
      { step: 'initialize' },
    );
    const [span] = await traced.spansOf(async () => {
      const { stream } = await client.send(command());
      if (stream) assert.equal(await drain(stream), WHOLE.length);
    });
    assert.equal(span?.metadata?.streamStatus, undefined);
    assert.equal(span?.metadata?.httpStatus, 200);
  });
});

describe('InvokeModelWithResponseStream', () => {
  it('leaves the same message as the whole body would have, its usage and the first token', async () => {
    events = [
      {
        chunk: {
          type: 'message_start',
          message: { id: 'm', role: 'assistant', content: [], usage: { input_tokens: 4, output_tokens: 1 } },
        },
      },
      { chunk: { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } },
      { chunk: { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } } },
      { chunk: { type: 'content_block_stop', index: 0 } },
      { chunk: { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } } },
      { chunk: { type: 'message_stop', 'amazon-bedrock-invocationMetrics': { inputTokenCount: 4, outputTokenCount: 3 } } },
    ];
    const [span] = await traced.spansOf(async () => {
      const { body } = await traced.client({ http2: true }).send(
        new InvokeModelWithResponseStreamCommand({
          modelId: 'anthropic.claude-3-haiku-20240307-v1:0',
          body: JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: [{ role: 'user', content: 'Hello' }] }),
        }),
      );
      if (body) await drain(body);
    });
    assert.match(JSON.stringify(span?.output), /"role":"assistant".*"text":"Hi"/);
    assert.equal(span?.metrics?.tokens, 7);
    assert.ok(Number(span?.metrics?.time_to_first_token) >= 0);
    assert.equal(span?.metadata?.streamStatus, undefined);
  });
});
