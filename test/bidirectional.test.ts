import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeModelWithBidirectionalStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import type { Row } from '../demo/ingest';
import { isObject, object, objects } from '../src/read';
import type { JsonObject } from '../src/types';
import { startTraced, type Traced } from './helpers/traced';
import { HANG_UP, MICROPHONE, Receiver, SETUP, say, sound, toolResult, wav } from './helpers/voice';

const SILENCE = Buffer.alloc(64);
/** The embedded Sonic understands ASCII. In chunks, as a microphone gives it. */
const words = (text: string) => [...(text.match(/.{1,12}/gs) ?? []).map((piece) => Buffer.from(piece)), SILENCE];
const WEATHER = words('How is the weather in Lisbon?');
const STORY = words('Tell me a long story for the train, please.');
const REFUND = words('Stop. Can I get a refund?');

let traced: Traced;
let spans: Row[];
let receiver: Receiver;
before(async () => {
  traced = await startTraced({ chunkMs: 4 });
  receiver = new Receiver();
  spans = await traced.spansOf(converse);
  await until(() => traced.ingest.attachments.size === 6);
});
after(() => traced.close());

/** Three turns: one that needs a tool, one that is interrupted, and the interruption, over HTTP/2. */
async function converse() {
  async function* microphone() {
    for (const event of [...SETUP, MICROPHONE]) yield say(event);
    for (const chunk of WEATHER) yield say(sound(chunk));
    await receiver.until('toolUse', 1);
    const use = object(receiver.heard.find((event) => 'toolUse' in event)?.toolUse);
    for (const event of toolResult(use?.toolUseId, '{"celsius":24}')) yield say(event);
    await receiver.until('completionEnd', 1);
    const soFar = receiver.times('audioOutput');
    for (const chunk of STORY) yield say(sound(chunk));
    await receiver.until('audioOutput', soFar + 2);
    for (const chunk of REFUND) yield say(sound(chunk));
    await receiver.until('completionEnd', 3);
    for (const event of HANG_UP) yield say(event);
  }
  const command = new InvokeModelWithBidirectionalStreamCommand({ modelId: 'amazon.nova-sonic-v1:0', body: microphone() });
  const { body } = await traced.client({ http2: true }).send(command);
  if (body) await receiver.listen(body);
}

async function until(holds: () => boolean) {
  for (let tries = 0; tries < 200 && !holds(); tries++) await sleep(10);
}

const session = () => spans.find(({ span_attributes }) => span_attributes?.type === 'task');
const responses = () => spans.filter(({ span_attributes }) => span_attributes?.name === 'bedrock.realtime.response');
const message = (messages: unknown, index = 0) => objects(objects(messages)[index]?.content);
const textOf = (content: JsonObject[]) => content.find(({ type }) => type === 'text')?.text;

/** The uploaded file of the audio in a message. */
function fileOf(content: JsonObject[]): Buffer | undefined {
  const audio = object(content.find(({ type }) => type === 'audio')?.audio);
  const reference = object(object(audio?.source)?.bytes);
  assert.equal(reference?.type, 'braintrust_attachment');
  assert.equal(reference?.content_type, 'audio/wav');
  return traced.ingest.attachments.get(String(reference?.key));
}

/** Where each response begins and ends in what was heard. */
function bounds(turn: number): [number, number] {
  const ends = receiver.heard.flatMap((event, index) => ('completionEnd' in event ? [index] : []));
  return [ends[turn - 1] ?? 0, ends[turn] ?? receiver.heard.length];
}

describe('a conversation with Nova Sonic of three turns, one with a tool, one interrupted', () => {
  it('is one session and three responses under it', () => {
    assert.equal(spans.length, 4);
    assert.equal(session()?.span_attributes?.name, 'bedrock.invokeModelWithBidirectionalStream');
    assert.equal(responses().length, 3);
    for (const row of responses()) {
      assert.equal(row.span_attributes?.type, 'llm');
      assert.deepEqual(row.span_parents, [session()?.span_id]);
      assert.equal(row.root_span_id, session()?.root_span_id);
      assert.equal(row.error, undefined);
    }
    assert.equal(session()?.error, undefined);
    assert.equal(session()?.metadata?.streamStatus, undefined);
  });

  it('has the configuration and the system prompt on the session', () => {
    const { input, metadata, output } = session() ?? {};
    assert.deepEqual(input, [{ role: 'system', content: [{ type: 'text', text: 'Be brief.' }] }]);
    const { maxTokens, temperature, topP, tools, model } = metadata ?? {};
    assert.deepEqual(
      { maxTokens, temperature, topP, model },
      { maxTokens: 1024, temperature: 0.7, topP: 0.9, model: 'amazon.nova-sonic-v1:0' },
    );
    assert.deepEqual(tools, [
      {
        type: 'function',
        function: {
          name: 'get_weather',
          description: 'The weather of a city.',
          parameters: { type: 'object', properties: { city: { type: 'string' } } },
        },
      },
    ]);
    assert.equal(object(metadata?.audioOutputConfiguration)?.voiceId, 'tiffany');
    assert.equal(object(metadata?.audioInputConfiguration)?.sampleRateHertz, 16000);
    const sent = SETUP.length + 1 + WEATHER.length + 3 + STORY.length + REFUND.length + HANG_UP.length;
    assert.deepEqual(object(output)?.chunks, { sent, received: receiver.heard.length });
    assert.equal(object(output)?.responses, 3);
  });

  it('counts the tokens of each response once, and none on the session', () => {
    const last = object(receiver.heard.findLast((event) => 'usageEvent' in event)?.usageEvent);
    const total = object(object(last?.details)?.total);
    const add = (name: string) => responses().reduce((sum, { metrics }) => sum + Number(metrics?.[name]), 0);
    assert.equal(add('prompt_tokens'), last?.totalInputTokens);
    assert.equal(add('completion_tokens'), last?.totalOutputTokens);
    assert.equal(add('tokens'), last?.totalTokens);
    assert.equal(add('prompt_audio_tokens'), object(total?.input)?.speechTokens);
    assert.equal(add('completion_audio_tokens'), object(total?.output)?.speechTokens);
    for (const { metrics } of responses()) assert.ok(Number(metrics?.prompt_audio_tokens) > 0 && Number(metrics?.completion_tokens) > 0);
    assert.deepEqual(
      Object.keys(session()?.metrics ?? {}).filter((name) => /tokens$/.test(name)),
      [],
    );
    assert.deepEqual(object(object(session()?.output)?.usage)?.tokens, last?.totalTokens);
  });

  it('has what the user said in each turn, and its audio as one file', () => {
    const asked = ['How is the weather in Lisbon?', 'Tell me a long story for the train, please.', 'Stop. Can I get a refund?'];
    for (const [index, chunks] of [WEATHER, STORY, REFUND].entries()) {
      const row = responses()[index];
      const content = message(row?.input);
      assert.equal(objects(row?.input)[0]?.role, 'user');
      assert.equal(textOf(content), asked[index]);
      const { data, ...header } = wav(fileOf(content)) ?? {};
      assert.deepEqual(data, Buffer.concat(chunks));
      const expected = { channels: 1, sampleRate: 16000, byteRate: 32000, frame: 2, bits: 16, length: data?.length };
      assert.deepEqual(header, { marks: 'RIFF,WAVEfmt ,data', size: true, format: 1, ...expected });
    }
  });

  it('has what the model said in each turn, and its audio as one file', () => {
    for (const index of [0, 1, 2]) {
      const content = message(responses()[index]?.output);
      assert.equal(objects(responses()[index]?.output)[0]?.role, 'assistant');
      const { data, sampleRate } = wav(fileOf(content)) ?? {};
      assert.deepEqual(data, receiver.audio(...bounds(index)));
      assert.ok(data && data.length > 0);
      assert.equal(sampleRate, 24000);
    }
    assert.match(String(textOf(message(responses()[0]?.output))), /^It is 24 °C and sunny/);
  });

  it('has the call of the tool in the output and its result in the input', () => {
    const [use] = message(responses()[0]?.output);
    assert.deepEqual({ ...use, id: '' }, { type: 'tool_use', id: '', name: 'get_weather', input: { city: 'Lisbon' } });
    assert.deepEqual(message(responses()[0]?.input, 1), [
      { type: 'tool_result', tool_use_id: use?.id, content: [{ type: 'text', text: '{"celsius":24}' }], is_error: false },
    ]);
  });

  it('tells an interruption as a stop reason and what was really spoken, not as an error', () => {
    assert.deepEqual(
      responses().map(({ metadata }) => [
        metadata?.provider,
        metadata?.model,
        metadata?.operation,
        metadata?.stopReason,
        metadata?.streamStatus,
      ]),
      ['END_TURN', 'INTERRUPTED', 'END_TURN'].map((stop) => [
        'aws-bedrock',
        'amazon.nova-sonic-v1:0',
        'realtime.response',
        stop,
        undefined,
      ]),
    );
    const planned = receiver.heard.map((event) => object(event.textOutput)?.content).find((text) => /^Once upon/.test(String(text)));
    const spoken = String(textOf(message(responses()[1]?.output)));
    assert.ok(spoken.length > 0 && spoken.length < String(planned).length && String(planned).startsWith(spoken), spoken);
    assert.doesNotMatch(JSON.stringify(responses()), /interrupted/);
  });

  it('is in the order of the conversation, each response with its time to first content', () => {
    const times = responses().map(({ metrics }) => metrics ?? {});
    let before = Number(session()?.metrics?.start);
    for (const { start, end, time_to_first_token: first } of times) {
      assert.ok(Number(start) >= before - 0.001 && Number(end) > Number(start), JSON.stringify(times));
      assert.ok(Number(first) > 0 && Number(first) < Number(end) - Number(start), JSON.stringify(times));
      before = Number(start);
    }
    assert.ok(Number(session()?.metrics?.end) >= Number(times[2]?.end));
    assert.ok(Number(session()?.metrics?.time_to_first_token) > 0);
  });

  it('leaves the base64 of no chunk in any row', () => {
    const rows = JSON.stringify(traced.ingest.rows());
    for (const event of receiver.heard) {
      const audio = isObject(event.audioOutput) ? String(event.audioOutput.content) : '';
      if (audio) assert.ok(!rows.includes(audio.slice(0, 24)));
    }
  });
});
