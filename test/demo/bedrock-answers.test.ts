import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithBidirectionalStreamCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { type AnswerEvent, type BedrockOptions, failure, startBedrock, TRIGGERS } from '../../demo/bedrock';
import { bytes, CLAUDE, clientOf, drain, NOVA, PROTOCOLS, type Protocol, parsed, user } from './clients';

async function using(
  options: BedrockOptions,
  protocol: Protocol,
  run: (context: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const context = await open(options, protocol);
  try {
    await run(context);
  } finally {
    context.client.destroy();
    await context.bedrock.close();
  }
}

async function open(options: BedrockOptions, protocol: Protocol) {
  const bedrock = await startBedrock(options);
  const client = clientOf(bedrock.url, protocol, { maxAttempts: 2 });
  const converse = (text: string) => client.send(new ConverseCommand({ modelId: NOVA, messages: [user(text)] }));
  const stream = async (text: string) =>
    drain((await client.send(new ConverseStreamCommand({ modelId: NOVA, messages: [user(text)] }))).stream);
  return { bedrock, client, converse, stream };
}

const text = (value: string): AnswerEvent => ({ contentBlockDelta: { contentBlockIndex: 0, delta: { text: value } } });

for (const protocol of PROTOCOLS) {
  describe(`a scripted answer over ${protocol}`, () => {
    it('is the JSON, the status and the headers that the script gives', async () => {
      const json = { output: { message: { role: 'assistant', content: [{ text: 'scripted' }] } }, stopReason: 'end_turn' };
      await using({ respond: () => ({ json, headers: { 'x-amzn-requestid': 'mine' } }) }, protocol, async ({ converse }) => {
        const response = await converse('hi');
        assert.deepEqual(response.output?.message?.content, [{ text: 'scripted' }]);
        assert.equal(response.$metadata.requestId, 'mine');
      });
    });

    it('is bytes, where the script gives bytes', async () => {
      await using({ respond: () => ({ body: Buffer.from('not JSON at all') }) }, protocol, async ({ client }) => {
        const response = await client.send(new InvokeModelCommand({ modelId: 'acme.oracle-v1', body: '{}' }));
        assert.equal(new TextDecoder().decode(response.body), 'not JSON at all');
      });
    });

    it('is the built-in one, where the script gives none', async () => {
      await using({ respond: async () => undefined }, protocol, async ({ converse }) => {
        assert.equal((await converse('hello')).output?.message?.content?.[0]?.text, 'You said: hello');
      });
    });

    it('can be an error with a type, which the SDK retries or throws', async () => {
      const respond: BedrockOptions['respond'] = ({ attempt }) =>
        attempt === 1 ? failure(503, 'ServiceUnavailableException', 'Later.') : undefined;
      await using({ respond }, protocol, async ({ converse, bedrock }) => {
        assert.equal((await converse('hello')).$metadata.attempts, 2);
        assert.deepEqual(
          bedrock.requests.map(({ attempt }) => attempt),
          [1, 2],
        );
        assert.equal(bedrock.requests[0]?.call, bedrock.requests[1]?.call);
      });
      await using({ respond: () => failure(403, 'AccessDeniedException', 'No.') }, protocol, async ({ converse }) => {
        await assert.rejects(converse('hello'), { name: 'AccessDeniedException', message: 'No.' });
      });
    });

    it('rejects send with an exception as the first frame', async () => {
      const events: AnswerEvent[] = [{ exception: 'validationException', message: 'Not like this.' }];
      await using({ respond: () => ({ events }) }, protocol, async ({ client }) => {
        const command = new ConverseStreamCommand({ modelId: NOVA, messages: [user('hi')] });
        await assert.rejects(client.send(command), { name: 'ValidationException', message: 'Not like this.' });
      });
    });

    it('throws a later exception frame while iterating, after the events before it', async () => {
      const events: AnswerEvent[] = [text('a'), { waitMs: 5 }, { exception: 'throttlingException', message: 'Enough.' }];
      await using({ respond: () => ({ events }) }, protocol, async ({ stream }) => {
        const seen = await stream('hi');
        assert.equal(seen.events[0]?.contentBlockDelta?.delta?.text, 'a');
        assert.ok(seen.error instanceof Error);
        assert.equal(seen.error.name, 'ThrottlingException');
      });
    });

    it('is cut after exactly the events before the cut', async () => {
      await using({ respond: () => ({ events: [text('a'), text('b'), 'cut', text('c')] }) }, protocol, async ({ stream }) => {
        const { events, error } = await stream('hi');
        assert.deepEqual(
          events.map((event) => event.contentBlockDelta?.delta?.text),
          ['a', 'b'],
        );
        // HTTP/1.1 says "aborted"; over HTTP/2 the stream just ends, and only what is missing shows it.
        assert.equal(error === undefined, protocol === 'HTTP/2');
      });
    });

    it('sends an InvokeModel chunk as base64 of the JSON it is given', async () => {
      await using(
        { respond: () => ({ events: [{ chunk: { generation: 'yes' } }, { chunk: Buffer.from('raw') }] }) },
        protocol,
        async ({ client }) => {
          const response = await client.send(
            new InvokeModelWithResponseStreamCommand({ modelId: 'meta.llama3-8b-instruct-v1:0', body: '{}' }),
          );
          const { events } = await drain(response.body);
          assert.deepEqual(parsed(events[0]?.chunk?.bytes), { generation: 'yes' });
          assert.equal(new TextDecoder().decode(events[1]?.chunk?.bytes), 'raw');
        },
      );
    });

    it('can answer what a bidirectional stream sends, as it arrives', async () => {
      const respond: BedrockOptions['respond'] = ({ inbound }) => ({
        events: (async function* () {
          for await (const event of inbound) yield { chunk: { echo: event } };
        })(),
      });
      await using({ respond }, protocol, async ({ client }) => {
        async function* body() {
          yield { chunk: { bytes: bytes({ event: { one: 1 } }) } };
          await sleep(5);
          yield { chunk: { bytes: bytes({ event: { two: 2 } }) } };
        }
        const response = await client.send(
          new InvokeModelWithBidirectionalStreamCommand({ modelId: 'amazon.nova-sonic-v1:0', body: body() }),
        );
        const { events } = await drain(response.body);
        assert.deepEqual(
          events.map(({ chunk }) => parsed(chunk?.bytes)),
          [{ echo: { event: { one: 1 } } }, { echo: { event: { two: 2 } } }],
        );
      });
    });

    it('fails the call with a message where the script throws', async () => {
      const respond = () => {
        throw new Error('a slip');
      };
      await using({ respond }, protocol, async ({ converse }) => {
        await assert.rejects(converse('hi'), /embedded Bedrock: Error: a slip/);
      });
    });
  });

  describe(`the words that make the built-in models misbehave, over ${protocol}`, () => {
    it('throttle the first attempt only', async () => {
      await using({}, protocol, async ({ converse }) => {
        const { $metadata, output } = await converse(`When, in the ${TRIGGERS.throttle}?`);
        assert.equal($metadata.attempts, 2);
        assert.match(output?.message?.content?.[0]?.text ?? '', /^Leave at 07:10/);
      });
    });

    it('break a stream in the middle with an exception', async () => {
      await using({}, protocol, async ({ stream }) => {
        const { events, error } = await stream(`Tell me a ${TRIGGERS.break}.`);
        assert.ok(events.length > 2);
        assert.ok(error instanceof Error);
        assert.equal(error.name, 'ModelStreamErrorException');
      });
    });

    it('cut a stream in the middle', async () => {
      await using({}, protocol, async ({ stream }) => {
        const { events } = await stream(`A ${TRIGGERS.cut}, I fear.`);
        assert.ok(events.length > 1);
        assert.ok(!events.some((event) => 'messageStop' in event));
      });
    });

    it('make a guardrail intervene, in Converse and in its stream', async () => {
      await using({}, protocol, async ({ client }) => {
        const guardrailConfig = { guardrailIdentifier: 'desk', guardrailVersion: '1' };
        const input = { modelId: CLAUDE, guardrailConfig, messages: [user('My card is 4111 1111 1111 1111.')] };
        const whole = await client.send(new ConverseCommand(input));
        const { stream } = await client.send(new ConverseStreamCommand(input));
        const { events } = await drain(stream);
        const trace = events.at(-1)?.metadata?.trace;
        assert.equal(whole.stopReason, 'guardrail_intervened');
        assert.equal(events.find((event) => event.messageStop)?.messageStop?.stopReason, 'guardrail_intervened');
        assert.deepEqual(whole.usage?.totalTokens, 0);
        assert.deepEqual(whole.trace, trace);
        assert.ok(trace?.guardrail?.inputAssessment?.desk?.sensitiveInformationPolicy);
      });
    });
  });
}

describe('the embedded Bedrock', () => {
  it('refuses a model that does not exist, and a path that is none of its own', async () => {
    await using({}, 'HTTP/2', async ({ client, bedrock }) => {
      await assert.rejects(client.send(new ConverseCommand({ modelId: 'nobody', messages: [user('hi')] })), {
        name: 'ValidationException',
      });
      assert.equal((await fetch(`${bedrock.url}/nowhere`)).status, 404);
    });
  });

  it('records what it was asked: model id decoded, headers, parsed body', async () => {
    await using({}, 'HTTP/2', async ({ converse, bedrock }) => {
      await converse('hello');
      const [request] = bedrock.requests;
      assert.equal(request?.modelId, NOVA);
      assert.equal(request?.headers['content-type'], 'application/json');
      assert.deepEqual(request?.body, { messages: [user('hello')] });
    });
  });
});
