import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type BedrockRuntime, BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import type { Row } from '../demo/ingest';
import { startTraced, type Traced } from './helpers/traced';

let traced: Traced;
let client: BedrockRuntime;
before(async () => {
  traced = await startTraced();
  client = traced.client({ http2: true });
});
after(() => traced.close());

const MODEL = 'anthropic.claude-3-haiku-20240307-v1:0';
const messages = [{ role: 'user' as const, content: [{ text: 'Hello' }] }];

/** The one span of a call; a job that it has made has a row of its own. */
async function spanOf(call: () => Promise<unknown>): Promise<Row> {
  let answer: unknown;
  const spans = await traced.spansOf(async () => {
    answer = await call();
  });
  assert.ok(answer, 'the application has its answer');
  const [span, ...others] = spans.filter(({ span_attributes }) => span_attributes?.name !== 'bedrock.asyncInvoke');
  assert.ok(span);
  assert.deepEqual(others, []);
  assert.equal(span.metadata?.provider, 'aws-bedrock');
  assert.equal(span.metadata?.httpStatus, 200);
  assert.equal(typeof span.metadata?.requestId, 'string');
  assert.equal(span.metadata?.region, 'us-east-1');
  return span;
}

const kind = ({ span_attributes, metadata }: Row) => [span_attributes?.name, span_attributes?.type, metadata?.operation, metadata?.command];

describe('the operations that are not a model call', () => {
  let invocationArn = '';

  it('StartAsyncInvoke: what was asked of the model, and where the answer will be', async () => {
    const span = await spanOf(async () => {
      const started = await client.startAsyncInvoke({
        modelId: 'amazon.nova-reel-v1:1',
        modelInput: { taskType: 'TEXT_VIDEO', textToVideoParams: { text: 'A tram' } },
        outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://bucket/films/' } },
        clientRequestToken: 'token-1',
        tags: [{ key: 'team', value: 'travel' }],
      });
      invocationArn = started.invocationArn ?? '';
      return started;
    });
    assert.deepEqual(kind(span), ['bedrock.startAsyncInvoke', 'task', 'startAsyncInvoke', 'StartAsyncInvokeCommand']);
    assert.deepEqual(Reflect.get(Object(span.input), 'modelInput'), { taskType: 'TEXT_VIDEO', textToVideoParams: { text: 'A tram' } });
    assert.deepEqual(span.output, { invocationArn });
    const { model, outputS3Uri, clientRequestToken, tags } = span.metadata ?? {};
    assert.deepEqual([model, outputS3Uri, clientRequestToken], ['amazon.nova-reel-v1:1', 's3://bucket/films/', 'token-1']);
    assert.deepEqual(tags, [{ key: 'team', value: 'travel' }]);
  });

  it('GetAsyncInvoke: the state of the job', async () => {
    const span = await spanOf(() => client.getAsyncInvoke({ invocationArn }));
    assert.deepEqual(kind(span), ['bedrock.getAsyncInvoke', 'task', 'getAsyncInvoke', 'GetAsyncInvokeCommand']);
    assert.deepEqual(span.input, { invocationArn });
    assert.equal(span.metadata?.jobStatus, 'InProgress');
    assert.equal(span.metadata?.invocationArn, invocationArn);
    assert.match(String(span.metadata?.submitTime), /^\d{4}-\d\d-\d\dT/);
  });

  it('ListAsyncInvokes: the jobs', async () => {
    const span = await spanOf(() => client.listAsyncInvokes({ statusEquals: 'InProgress', maxResults: 5 }));
    assert.deepEqual(kind(span), ['bedrock.listAsyncInvokes', 'task', 'listAsyncInvokes', 'ListAsyncInvokesCommand']);
    assert.deepEqual(span.input, { statusEquals: 'InProgress', maxResults: 5 });
    assert.match(JSON.stringify(span.output), new RegExp(`"invocationArn":"${invocationArn}"`));
  });

  it('ApplyGuardrail: the content and its source, the action and the assessments', async () => {
    const span = await spanOf(() =>
      client.applyGuardrail({
        guardrailIdentifier: 'gr-1',
        guardrailVersion: '2',
        source: 'INPUT',
        content: [{ text: { text: 'My card is 4111 1111 1111 1111' } }, { image: { format: 'png', source: { bytes: new Uint8Array(9) } } }],
      }),
    );
    assert.deepEqual(kind(span), ['bedrock.applyGuardrail', 'task', 'applyGuardrail', 'ApplyGuardrailCommand']);
    const input = JSON.stringify(span.input);
    assert.match(input, /"source":"INPUT","content":\[\{"type":"text","text":"My card is/);
    assert.match(input, /"type":"image","image":\{"format":"png","source":\{"bytes":\{"type":"braintrust_attachment"/);
    assert.equal(span.metadata?.guardrailIdentifier, 'gr-1');
    assert.equal(span.metadata?.guardrailVersion, '2');
    assert.equal(Reflect.get(Object(span.output), 'action'), span.metadata?.stopReason);
    assert.ok(span.metadata?.guardrail, 'assessments');
  });

  it('InvokeGuardrailChecks: the messages and the checks, the results', async () => {
    const span = await spanOf(() =>
      client.invokeGuardrailChecks({ messages: [{ role: 'user', content: [{ text: 'Hello' }] }], checks: { contentFilter: {} } } as never),
    );
    assert.deepEqual(kind(span), ['bedrock.invokeGuardrailChecks', 'task', 'invokeGuardrailChecks', 'InvokeGuardrailChecksCommand']);
    assert.match(JSON.stringify(span.input), /"role":"user".*"checks"/);
    assert.ok(Reflect.get(Object(span.output), 'results'));
  });

  it('CountTokens: the messages and the count, and no tokens that were billed', async () => {
    const span = await spanOf(() =>
      client.countTokens({ modelId: MODEL, input: { converse: { messages, system: [{ text: 'Be brief' }] } } }),
    );
    assert.deepEqual(kind(span), ['bedrock.countTokens', 'task', 'countTokens', 'CountTokensCommand']);
    assert.deepEqual(span.input, [
      { role: 'system', content: [{ type: 'text', text: 'Be brief' }] },
      { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
    ]);
    assert.equal(typeof Reflect.get(Object(span.output), 'inputTokens'), 'number');
    const { prompt_tokens, completion_tokens, tokens } = span.metrics ?? {};
    assert.deepEqual([prompt_tokens, completion_tokens, tokens], [undefined, undefined, undefined]);
  });

  it('CountTokens of an InvokeModel body is read as that body is', async () => {
    const body = Buffer.from(
      JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: [{ role: 'user', content: 'Hello' }] }),
    );
    const span = await spanOf(() => client.countTokens({ modelId: MODEL, input: { invokeModel: { body } } }));
    assert.match(JSON.stringify(span.input), /"role":"user".*Hello/);
  });
});

describe('a command that a later SDK adds', () => {
  it('has a span with its input and output, its bytes summarised', async () => {
    const later = {
      input: { modelId: MODEL, question: 'what?', file: new Uint8Array(12) },
      schema: [9, 'com.amazonaws.bedrockruntime', 'AskOracle', 0, 0, 0],
      resolveMiddleware: () => async () => ({ output: { $metadata: { requestId: 'r-1' }, answer: 'yes', proof: new Uint8Array(3) } }),
    };
    const [span] = await traced.spansOf(() => Reflect.apply(BedrockRuntimeClient.prototype.send, client, [later]));
    assert.ok(span);
    assert.deepEqual(kind(span), ['bedrock.askOracle', 'task', 'askOracle', 'AskOracleCommand']);
    assert.deepEqual(span.input, { modelId: MODEL, question: 'what?', file: { byteLength: 12 } });
    assert.deepEqual(span.output, { answer: 'yes', proof: { byteLength: 3 } });
    assert.equal(span.metadata?.requestId, 'r-1');
  });
});
