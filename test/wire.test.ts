import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type BedrockRuntime, ConverseCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { wrapBedrockRuntime } from '../src/client';
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
});
