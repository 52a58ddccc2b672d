import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as sdk from '@aws-sdk/client-bedrock-runtime';
import { isObject } from '../src/read';
import { HOSTILE, Hostile } from './fuzz/hostile';
import { startTraced, type Traced } from './helpers/traced';

/*
 * An application whose own values are hostile: its calls give what they give without us, and leave a span. The values are made anew for each
 * call, as many of them can be used once only.
 */
const NOVA = 'amazon.nova-lite-v1:0';
const CLAUDE = 'anthropic.claude-3-haiku-20240307-v1:0';
const untracedSend = sdk.BedrockRuntimeClient.prototype.send;

let traced: Traced;
const unhandled: unknown[] = [];
const onUnhandled = (error: unknown) => unhandled.push(error);
before(async () => {
  process.on('unhandledRejection', onUnhandled).on('uncaughtException', onUnhandled);
  traced = await startTraced();
});
after(async () => {
  await traced.close();
  process.off('unhandledRejection', onUnhandled).off('uncaughtException', onUnhandled);
  assert.deepEqual(unhandled, []);
});

/** The same client without us. A new one each time, as its fellow is: the service lets go of connections that nobody uses. */
const untraced = () => Object.defineProperty(traced.client(), 'send', { value: untracedSend });

type Make = (value: unknown) => object;
const message = (block: unknown) => ({ modelId: NOVA, messages: [{ role: 'user', content: [block] }] });
/** Where a value may be in a call. */
const PLACES: Readonly<Record<string, Make>> = {
  'a text': (value) => converse(message({ text: value })),
  'a block': (value) => converse(message(value)),
  'the messages': (value) => converse({ modelId: NOVA, messages: value }),
  'a tool’s input': (value) => converse(message({ toolUse: { toolUseId: 'a', name: 'b', input: value } })),
  'in a tool’s input': (value) => converse(message({ toolUse: { toolUseId: 'a', name: 'b', input: { deeper: [value] } } })),
  'a tool’s result': (value) => converse(message({ toolResult: { toolUseId: 'a', content: [{ json: value }] } })),
  'a tool’s schema': (value) =>
    converse({ ...message({ text: 'a' }), toolConfig: { tools: [{ toolSpec: { name: 'a', inputSchema: { json: value } } }] } }),
  'a further field': (value) => converse({ ...message({ text: 'a' }), additionalModelRequestFields: { x: value } }),
  'the bytes of an image': (value) => converse(message({ image: { format: 'png', source: { bytes: value } } })),
  'the model id': (value) => converse({ ...message({ text: 'a' }), modelId: value }),
  'the body': (value) => built(sdk.InvokeModelCommand, { modelId: CLAUDE, body: value }),
  'a job’s input': (value) => built(sdk.StartAsyncInvokeCommand, { modelId: NOVA, modelInput: { x: value }, outputDataConfig: {} }),
  'a guardrail’s content': (value) =>
    built(sdk.ApplyGuardrailCommand, { guardrailIdentifier: 'a', guardrailVersion: '1', source: 'INPUT', content: [{ text: value }] }),
};

/** A command of any input: what an application without types may make. */
const built = (Command: new (input: never) => object, input: unknown): object => Reflect.construct(Command, [input]);
const converse = (input: unknown) => built(sdk.ConverseCommand, input);

/** A getter that throws and a circle need an object around them. */
const VALUES: Readonly<Record<string, () => unknown>> = {
  ...HOSTILE,
  'an object with a getter that throws': () => ({
    text: 'a',
    get more() {
      throw new Hostile('hostile');
    },
  }),
  'a circle': () => {
    const circle: Record<string, unknown> = { text: 'a' };
    circle.self = circle;
    return circle;
  },
};

/** Model ids that are longer than a URL may be: the service on loopback never answers. */
const TOO_LONG = new Set(['deep text', 'deep bytes', 'wide list', 'sparse list', 'big typed array']);

/** What the application sees of a call, without what differs from call to call. */
async function outcome(client: sdk.BedrockRuntime, command: object): Promise<unknown> {
  const send: unknown = Reflect.get(client, 'send');
  if (typeof send !== 'function') throw new Error('no send');
  try {
    const { $metadata: _, metrics: __, ...output } = await send.call(client, command, { abortSignal: AbortSignal.timeout(30_000) });
    return stable(output);
  } catch (error) {
    return isObject(error) ? [error.name, error.message, Object.keys(error)] : error;
  }
}

const stable = (output: Record<string, unknown>) => ({
  ...output,
  ...(output.body instanceof Uint8Array && { body: output.body.length > 0 }),
  ...(output.invocationArn !== undefined && { invocationArn: 'an arn' }),
});

describe('a hostile value', () => {
  for (const [place, make] of Object.entries(PLACES)) {
    it(`as ${place} gives what it gives without us, and leaves a span`, async () => {
      const seen: Record<string, [without: unknown, traced: unknown]> = {};
      const [bare, client] = [untraced(), traced.client()];
      const values = Object.entries(VALUES).filter(([name]) => place !== 'the model id' || !TOO_LONG.has(name));
      const spans = await traced.spansOf(async () => {
        for (const [name, value] of values) seen[name] = [await outcome(bare, make(value())), await outcome(client, make(value()))];
      });
      for (const [name, [without, withUs]] of Object.entries(seen)) assert.deepEqual(withUs, without, name);
      assert.equal(spans.length, values.length);
    });
  }

  it('as the options of a call, or as the whole input, gives what it gives without us', async () => {
    const [bare, client] = [untraced(), traced.client()];
    for (const [name, value] of Object.entries(VALUES)) {
      for (const given of [(client: sdk.BedrockRuntime) => sent(client, converse(message({ text: 'a' })), value()), wholeInput(value)]) {
        assert.deepEqual(await given(client), await given(bare), name);
      }
    }
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });
});

const wholeInput = (value: () => unknown) => (client: sdk.BedrockRuntime) => outcome(client, converse(value()));

async function sent(client: sdk.BedrockRuntime, command: object, options: unknown): Promise<unknown> {
  // a function in the place of the options is a callback, which is never called with nothing
  if (typeof options === 'function') return undefined;
  try {
    const { output } = await Reflect.apply(client.send, client, [command, options]);
    return output;
  } catch (error) {
    return isObject(error) ? [error.name, error.message] : error;
  }
}

describe('the span shows what was there when the call was made, or when it came', () => {
  it('where the application uses its objects and buffers for the next call as soon as send has returned', async () => {
    const bytes = new Uint8Array(64).fill(1);
    const body = Buffer.from(JSON.stringify({ anthropic_version: 'a', max_tokens: 9, messages: [{ role: 'user', content: 'first' }] }));
    const input = {
      modelId: NOVA,
      messages: [
        {
          role: 'user' as const,
          content: [
            { toolUse: { toolUseId: 'a', name: 'b', input: { city: { name: 'first' } } } },
            { image: { format: 'png' as const, source: { bytes } } },
          ],
        },
      ],
    };
    const spans = await traced.spansOf(() => {
      const calls = [traced.client().converse(input), traced.client().invokeModel({ modelId: CLAUDE, body })];
      bytes.fill(2);
      body.fill(0x20);
      const [block] = input.messages[0]?.content ?? [];
      if (block?.toolUse) block.toolUse.input.city.name = 'second';
      input.messages.length = 0;
      return Promise.allSettled(calls);
    });
    assert.equal(spans.length, 2);
    for (const { input: shown } of spans) {
      assert.match(JSON.stringify(shown), /first/);
      assert.doesNotMatch(JSON.stringify(shown), /second/);
    }
    const [file] = [...traced.ingest.attachments.values()].slice(-1);
    assert.deepEqual([...new Set(file)], [1]);
  });

  it('where the application changes each event of a stream and its answer as soon as it has them', async () => {
    const ask = { modelId: NOVA, messages: [{ role: 'user' as const, content: [{ text: 'Hello there' }] }] };
    const outputOf = async (spoil: (value: unknown) => void) => {
      const [span] = await traced.spansOf(async () => {
        for await (const event of (await traced.client().converseStream(ask)).stream ?? []) spoil(event);
      });
      const { prompt_tokens, completion_tokens } = span?.metrics ?? {};
      return { output: span?.output, stopReason: span?.metadata?.stopReason, prompt_tokens, completion_tokens };
    };
    assert.deepEqual(await outputOf(spoiled), await outputOf(() => {}));
  });
});

/** Every member of every object in a value is taken away or made something else. */
function spoiled(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    spoiled(member);
    if (typeof member === 'string') Reflect.set(value, name, 'spoiled');
    else if (typeof member === 'number') Reflect.set(value, name, 12345);
    else Reflect.deleteProperty(value, name);
  }
}

describe('a command object', () => {
  it('that many calls of several clients share at once leaves a span for each, and each has its answer', async () => {
    const command = new sdk.ConverseCommand({ modelId: NOVA, messages: [{ role: 'user', content: [{ text: 'shared' }] }] });
    const stream = new sdk.ConverseStreamCommand({ modelId: NOVA, messages: [{ role: 'user', content: [{ text: 'shared' }] }] });
    const clients = [traced.client(), traced.client({ http2: true })];
    const answers: unknown[] = [];
    const spans = await traced.spansOf(() =>
      Promise.all(
        Array.from({ length: 40 }, async (_, index) => {
          const client = clients[index % 2];
          if (index % 4 < 2) answers.push((await client?.send(command))?.output);
          else for await (const _ of (await client?.send(stream))?.stream ?? []);
        }),
      ),
    );
    assert.equal(spans.length, 40);
    assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
    for (const { input, output, metadata } of spans) {
      assert.match(JSON.stringify(input), /shared/);
      assert.ok(Array.isArray(output) && output.length === 1);
      assert.equal(metadata?.streamStatus, undefined);
    }
  });
});

describe('a body of 10 MB', () => {
  const text = 'A long text, in 32 characters… \n'.repeat(320_000);

  it('gives the same answer as without us, and a span within its limits', async () => {
    const calls: Record<string, () => object> = {
      converse: () => converse(message({ text })),
      'InvokeModel with a text': () =>
        built(sdk.InvokeModelCommand, { modelId: NOVA, body: JSON.stringify({ messages: [{ role: 'user', content: [{ text }] }] }) }),
      'InvokeModel with bytes': () =>
        built(sdk.InvokeModelCommand, { modelId: CLAUDE, body: Buffer.from(JSON.stringify({ prompt: text, more: [text.slice(0, 99)] })) }),
      'InvokeModel with what is no JSON': () => built(sdk.InvokeModelCommand, { modelId: NOVA, body: Buffer.alloc(10_000_000, 0xff) }),
    };
    for (const [name, command] of Object.entries(calls)) {
      let seen: unknown;
      const before = traced.ingest.spans().length;
      await traced.spansOf(async () => {
        seen = await outcome(traced.client(), command());
      });
      assert.deepEqual(seen, await outcome(untraced(), command()), name);
      const span = (await traced.ingest.waitFor((spans) => spans.length > before, 30_000)).at(-1);
      assert.ok(JSON.stringify(span).length < 2.5 * 1024 * 1024, name);
    }
  });
});
