import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type BedrockRuntime, ConverseCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { wrapBedrockRuntime } from '../src/client';
import { isObject } from '../src/read';
import { startTraced, type Traced } from './helpers/traced';

let traced: Traced;
before(async () => {
  traced = await startTraced({
    respond({ operation }) {
      if (operation !== 'InvokeModel') return undefined;
      return { body: Buffer.from('{}'), headers: { 'x-amzn-bedrock-input-token-count': '7', 'x-amzn-bedrock-output-token-count': '2' } };
    },
  });
});
after(() => traced.close());

const conversation = { modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user' as const, content: [{ text: 'Hello' }] }] };
const invocation = () => new InvokeModelCommand({ modelId: 'amazon.nova-lite-v1:0', body: '{}' });

/** Three calls at once and one more, of which each has its region and, where a model's answer needs them, its headers. */
async function seen(client: BedrockRuntime) {
  const spans = await traced.spansOf(async () => {
    await Promise.all([client.send(invocation()), client.send(new ConverseCommand(conversation)), client.send(invocation())]);
    await client.send(invocation());
  });
  return spans.map(
    ({ metadata, metrics }) => `${metadata?.operation} ${metadata?.region} ${metrics?.prompt_tokens} ${metrics?.completion_tokens}`,
  );
}

const INVOKED = 'invokeModel eu-central-1 7 2';
const check = (spans: string[]) => assert.deepEqual(spans.sort(), ['converse eu-central-1 10 4', INVOKED, INVOKED, INVOKED]);

describe('what only the HTTP response tells is in the span of its call', () => {
  const region = 'eu-central-1';

  it('with a client as it comes', async () => {
    check(await seen(traced.client({ region })));
  });

  it('with one that keeps its handlers', async () => {
    check(await seen(traced.client({ region, cacheMiddleware: true })));
  });

  it('with one whose own `send` waits before it asks for a handler', async () => {
    const client = traced.client({ region });
    const { send } = client;
    const patient = async (...args: unknown[]): Promise<unknown> => {
      await null;
      return Reflect.apply(send, client, args);
    };
    Object.assign(client, { send: patient });
    check(await seen(wrapBedrockRuntime(client)));
  });

  it('and no middleware of ours is among those that the SDK sorts at each call', async () => {
    const client = traced.client({ region });
    const before = client.middlewareStack.identify();
    check(await seen(client));
    assert.deepEqual(client.middlewareStack.identify(), before);
  });

  it('with one whose stack of middlewares nobody may change', async () => {
    const client = traced.client({ region });
    Object.freeze(client.middlewareStack);
    check(await seen(client));
  });

  it('with one whose `concat` nobody may change', async () => {
    const client = traced.client({ region });
    Object.defineProperty(client.middlewareStack, 'concat', { writable: false });
    check(await seen(client));
  });

  it('with one behind a Proxy that is another one each time, and no deeper with each call', async () => {
    const deep = <T extends object>(target: T): T =>
      new Proxy(target, {
        get(object, name) {
          const value: unknown = Reflect.get(object, name);
          return isObject(value) && name !== 'config' ? deep(value) : value;
        },
      });
    const depths: number[] = [];
    const client = traced.client({ region });
    client.middlewareStack.add(
      (next) => {
        depths.push(depth());
        return next;
      },
      { step: 'build' },
    );
    const proxy = deep(wrapBedrockRuntime(client));
    check(await seen(proxy));
    for (let call = 0; call < 10; call++) await proxy.send(new ConverseCommand(conversation));
    assert.equal(depths.at(-1), depths.at(-2));
    assert.ok(Number(depths.at(-1)) <= Number(depths[0]));
  });

  it('with commands that make a stack of their own of the client’s', async () => {
    class Cloning extends InvokeModelCommand {
      override resolveMiddleware(...[stack, configuration, options]: Parameters<InvokeModelCommand['resolveMiddleware']>) {
        return super.resolveMiddleware(stack.clone(), configuration, options);
      }
    }
    const client = traced.client({ region });
    const [span] = await traced.spansOf(() => client.send(new Cloning({ modelId: 'amazon.nova-lite-v1:0', body: '{}' })));
    assert.equal(span?.metadata?.region, region);
    assert.equal(span?.metrics?.prompt_tokens, 7);
  });

  it('with one whose middleware sends another call first, on a client of another region', async () => {
    for (const cacheMiddleware of [false, true]) {
      const other = traced.client({ region: 'us-east-1', cacheMiddleware });
      const client = traced.client({ region });
      client.middlewareStack.add(
        (next) => async (args) => {
          await other.send(invocation());
          return next(args);
        },
        { step: 'initialize' },
      );
      const spans = await traced.spansOf(async () => {
        await client.send(invocation());
        await other.send(invocation());
      });
      const regions = spans.map(({ metadata, metrics }) => `${metadata?.region} ${metrics?.prompt_tokens}`);
      assert.deepEqual(regions.sort(), ['eu-central-1 7', 'us-east-1 7', 'us-east-1 7']);
    }
  });

  it('with one whose own `send` asks another one first', async () => {
    const other = traced.client({ region: 'us-east-1' });
    const client = traced.client({ region });
    const { send } = client;
    const asking = (...args: unknown[]): unknown => other.send(invocation()).then(() => Reflect.apply(send, client, args));
    Object.assign(client, { send: asking });
    const spans = await traced.spansOf(() => wrapBedrockRuntime(client).send(invocation()));
    assert.deepEqual(spans.map(({ metadata }) => metadata?.region).sort(), ['eu-central-1', 'us-east-1']);
  });
});

/** How many calls deep this is. */
function depth(): number {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = Number.POSITIVE_INFINITY;
  const lines = new Error().stack?.split('\n').length ?? 0;
  Error.stackTraceLimit = stackTraceLimit;
  return lines;
}
