import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { after, before, describe, it } from 'node:test';
import { type BedrockRuntime, BedrockRuntimeClient, ConverseCommand, type ConverseCommandOutput } from '@aws-sdk/client-bedrock-runtime';
import { currentSpan, traced as inSpan, wrapBedrockRuntime as wrapAsFramework } from 'braintrust';
import { failure } from '../demo/bedrock';
import { wrapBedrockRuntime } from '../src/client';
import { startTraced, type Traced } from './helpers/traced';

let traced: Traced;
before(async () => {
  traced = await startTraced({
    respond: ({ body, attempt }) => {
      const text = JSON.stringify(body ?? '');
      if (text.includes('fail')) return failure(400, 'ValidationException', 'The provided model identifier is invalid.');
      if (text.includes('busy') && attempt === 1) return failure(429, 'ThrottlingException', 'Too many requests');
      return undefined;
    },
  });
});
after(() => traced.close());

const input = (text = 'Hello') => ({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user' as const, content: [{ text }] }] });
const command = (text?: string) => new ConverseCommand(input(text));
const byCallback = <T>(start: (callback: (error: unknown, data?: T) => void) => unknown) =>
  new Promise<T | undefined>((resolve, reject) => void start((error, data) => (error ? reject(error) : resolve(data))));

describe('each form of a call leaves one span', () => {
  const forms: Record<string, (client: BedrockRuntime) => Promise<unknown>> = {
    'promise send': (client) => client.send(command()),
    'send with options': (client) => client.send(command(), { requestTimeout: 5000 }),
    'callback send': (client) => byCallback((callback) => client.send(command(), callback)),
    'callback send with options': (client) => byCallback((callback) => client.send(command(), {}, callback)),
    'aggregated promise': (client) => client.converse(input()),
    'aggregated callback': (client) => byCallback((callback) => client.converse(input(), callback)),
    'detached and re-bound send': (client) => {
      const send = client.send.bind(client) as (command: ConverseCommand) => Promise<unknown>;
      return send(command());
    },
    "the prototype's send": (client) => Reflect.apply(BedrockRuntimeClient.prototype.send, client, [command()]),
    'a subclass of the command': (client) => client.send(new (class Mine extends ConverseCommand {})(input())),
    'a wrapped client': (client) => wrapBedrockRuntime(wrapBedrockRuntime(client)).send(command()),
    'a wrapped Proxy of the client': (client) =>
      wrapBedrockRuntime(
        new Proxy(client, {
          get(target, name) {
            const member: unknown = Reflect.get(target, name);
            return typeof member === 'function' ? member.bind(target) : member;
          },
        }),
      ).send(command()),
    'a Proxy of a wrapped client': (client) => new Proxy(wrapBedrockRuntime(client), {}).send(command()),
    'an object that inherits from a wrapped client': (client) =>
      Reflect.apply(Object.create(wrapBedrockRuntime(client)).send, Object.create(client), [command()]),
    'a client wrapped by braintrust, then by us': (client) => wrapBedrockRuntime(wrapAsFramework(client)).send(command()),
    'a client wrapped by us, then by braintrust': (client) => wrapAsFramework(wrapBedrockRuntime(client)).send(command()),
    'an application that patches send after us': (client) => {
      const original = client.send.bind(client) as (command: ConverseCommand) => Promise<unknown>;
      Object.assign(client, { send: async (mine: ConverseCommand) => original(mine) });
      return client.send(command());
    },
    'an application that patches send after us, and is then wrapped': (client) => {
      const original = client.send.bind(client) as (command: ConverseCommand) => Promise<unknown>;
      Object.assign(client, { send: async (mine: ConverseCommand) => original(mine) });
      return wrapBedrockRuntime(client).send(command());
    },
  };
  for (const [name, call] of Object.entries(forms)) {
    it(name, async () => {
      let answer: unknown;
      const spans = await traced.spansOf(async () => {
        answer = await call(traced.client());
      });
      assert.deepEqual(
        spans.map((span) => span.span_attributes?.name),
        ['bedrock.converse'],
      );
      assert.match(JSON.stringify(spans[0]?.output), /Hello/);
      assert.match(JSON.stringify(answer), /Hello/);
    });
  }

  it('a subclass of the client, with a send of its own that calls ours', async () => {
    class Mine extends BedrockRuntimeClient {
      // biome-ignore lint/suspicious/noExplicitAny: the SDK's overloads cannot be implemented otherwise
      override async send(...args: any[]): Promise<any> {
        await Promise.resolve();
        return Reflect.apply(super.send, this, args);
      }
    }
    const config = { region: 'us-east-1', endpoint: traced.bedrock.url, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
    for (const client of [new Mine(config), wrapBedrockRuntime(new Mine(config))]) {
      assert.equal((await traced.spansOf(() => client.send(command()))).length, 1);
      client.destroy();
    }
  });
});

describe('what the application gets', () => {
  it('is the same error object, thrown or called back, and the span has it', async () => {
    const caught: unknown[] = [];
    const spans = await traced.spansOf(async () => {
      await traced
        .client()
        .send(command('fail'))
        .catch((error) => caught.push(error));
      await byCallback((callback) => traced.client().send(command('fail'), callback)).catch((error) => caught.push(error));
    });
    assert.equal(spans.length, 2);
    for (const [index, error] of caught.entries()) {
      assert.ok(error instanceof Error);
      assert.deepEqual(spans[index]?.error, {
        name: 'ValidationException',
        message: 'The provided model identifier is invalid.',
        stack: error.stack,
      });
      assert.equal(spans[index]?.metadata?.httpStatus, 400);
      assert.ok(spans[index]?.metadata?.requestId);
    }
  });

  it('is an error that send throws at once, as it was thrown', async () => {
    const thrown = new Error('at once');
    const broken = command();
    broken.resolveMiddleware = () => {
      throw thrown;
    };
    const [span] = await traced.spansOf(() =>
      assert.throws(
        () => traced.client().send(broken),
        (error) => error === thrown,
      ),
    );
    assert.equal(Reflect.get(Object(span?.error), 'message'), 'at once');
  });

  it('is its own async context, before and after', async () => {
    const storage = new AsyncLocalStorage<string>();
    await storage.run('mine', async () => {
      await traced.client().send(command());
      assert.equal(storage.getStore(), 'mine');
      await byCallback((callback) =>
        traced
          .client()
          .send(command(), (error: unknown, data?: ConverseCommandOutput) =>
            callback(storage.getStore() === 'mine' ? error : 'lost', data),
          ),
      );
    });
  });

  it('is an unhandled rejection where nobody handles it', async () => {
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    const unhandled = new Promise((resolve) => process.once('unhandledRejection', resolve));
    void traced.client().send(command('fail'));
    assert.match(String(await unhandled), /identifier is invalid/);
    for (const other of others) process.on('unhandledRejection', other);
  });

  it('is what it always got from the command of another service, which is not traced', async () => {
    // In the shape of another client's command: S3's schema, and nothing else that the SDK's `send` asks for.
    const getObject = {
      input: {},
      schema: [9, 'com.amazonaws.s3', 'GetObject', 0, 0, 0],
      resolveMiddleware: () => async () => ({ output: 'theirs', response: undefined }),
    };
    const spans = await traced.spansOf(async () => {
      assert.equal(await Reflect.apply(BedrockRuntimeClient.prototype.send, traced.client(), [getObject]), 'theirs');
    });
    assert.deepEqual(spans, []);
  });

  it('is an unhandled rejection, even where the application has replaced Promise', async () => {
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    const unhandled = new Promise((resolve) => process.once('unhandledRejection', resolve));
    const { Promise: original } = globalThis;
    globalThis.Promise = class Mine<T> extends original<T> {};
    void traced.client().send(command('fail'));
    const told = await original.race([unhandled, new original((resolve) => setTimeout(resolve, 10_000, 'nobody was told'))]);
    globalThis.Promise = original;
    assert.match(String(told), /identifier is invalid/);
    for (const other of others) process.on('unhandledRejection', other);
  });

  it('is an object that is no client, untouched by wrapBedrockRuntime', () => {
    const decorator = { send: () => 'theirs' };
    const { send } = decorator;
    assert.equal(wrapBedrockRuntime(decorator), decorator);
    assert.equal(decorator.send, send);
  });

  it('is a Proxy that throws at whatever it is asked, and its call all the same', async () => {
    const client = traced.client();
    const hostile = new Proxy(client, {
      has() {
        throw new Error('no has');
      },
      getOwnPropertyDescriptor() {
        throw new Error('no descriptor');
      },
    });
    assert.match(JSON.stringify(await hostile.send(command())), /Hello/);
  });

  it('is what it always got for something that is no command', async () => {
    const client = traced.client();
    const spans = await traced.spansOf(() => assert.throws(() => Reflect.apply(client.send, client, [undefined]), TypeError));
    assert.deepEqual(spans, []);
  });
});

describe('a framework that records its model calls itself', () => {
  it('and suppresses the spans below it gets no second one from us', async () => {
    // Braintrust's wrappers of frameworks suppress in the same way as this one, which any object with a send will do for.
    const framework = wrapAsFramework({
      config: {},
      middlewareStack: {},
      send: (_command: unknown) => traced.client().send(command('below')),
    });
    const spans = await traced.spansOf(() => framework.send(command('above')));
    assert.deepEqual(spans, []);
  });
});

describe('a span', () => {
  it('stands under the current span, and does not become the current one itself', async () => {
    const spans = await traced.spansOf(() =>
      inSpan(
        async (mine) => {
          await traced.client().send(command());
          assert.equal(currentSpan().spanId, mine.spanId);
        },
        { name: 'mine' },
      ),
    );
    const mine = spans.find((span) => span.span_attributes?.name === 'mine');
    const call = spans.find((span) => span.span_attributes?.name === 'bedrock.converse');
    assert.deepEqual(call?.span_parents, [mine?.span_id]);
    assert.equal(call?.root_span_id, mine?.root_span_id);
  });

  it('is a root where there is no current span, even when its answer is handled inside one', async () => {
    const spans = await traced.spansOf(async () => {
      const pending = traced.client().send(command());
      await inSpan(() => pending, { name: 'later' });
    });
    const call = spans.find((span) => span.span_attributes?.name === 'bedrock.converse');
    assert.deepEqual(call?.span_parents ?? [], []);
  });

  it('says how often it was tried', async () => {
    const [span] = await traced.spansOf(() => traced.client({ maxAttempts: 2 }).send(command('busy')));
    assert.equal(span?.metadata?.attempts, 2);
    assert.equal(typeof span?.metadata?.totalRetryDelay, 'number');
    assert.equal(span?.error, undefined);
  });

  it('shows the input as it was when the call was made', async () => {
    const mine = input('before');
    const [span] = await traced.spansOf(async () => {
      const pending = traced.client().send(new ConverseCommand(mine));
      mine.modelId = 'changed';
      const block = mine.messages[0]?.content[0];
      if (block) block.text = 'after';
      await pending.catch(() => {});
    });
    assert.match(JSON.stringify(span?.input), /before/);
    assert.equal(span?.metadata?.model, 'amazon.nova-lite-v1:0');
  });

  it('is one row', async () => {
    const before = traced.ingest.rows().length;
    await traced.spansOf(() => traced.client().send(command()));
    assert.equal(traced.ingest.rows().length, before + 1);
  });

  it('names the instrumentation, so that span customizers see it', async () => {
    const [span] = await traced.spansOf(() => traced.client().send(command()));
    const origin = Reflect.get(Object(span?.context), 'span_origin');
    assert.equal(Reflect.get(Object(origin), 'name'), 'braintrust-bedrock');
    assert.deepEqual(Reflect.get(Object(origin), 'instrumentation'), { name: 'bedrock-runtime' });
  });
});
