import type { AnswerEvent } from '../../demo/bedrock';
import { eventFrame } from '../../demo/bedrock/wire';
import { number, object } from '../../src/read';
import type { JsonObject } from '../../src/types';

/** The texts of a stream's events, one after the other: of some 23 characters, as no two are the same in a story. */
const DELTAS = [
  ' and so the river went',
  ' past the old tram depot',
  ' where, at the café,',
  ' nobody had ever seen a ferry leave',
  ' on time, and again',
];
const delta = (index: number) => DELTAS[index % DELTAS.length] ?? '';

const MIB = 1024 * 1024;
const TEXT = 'Take tram 28 from Martim Moniz; it climbs to the castle, and the miradouro at Graça is two stops before.';

/** The answer to a request: JSON by the operation and the model, or a stream of as many events as the request allows tokens. */
export function answerTo(operation: string, modelId: string, body: JsonObject): { body: Buffer } | { events: AnswerEvent[] } {
  if (operation === 'ConverseStream') return { events: stream(operation, number(object(body.inferenceConfig)?.maxTokens) ?? 10) };
  if (operation === 'InvokeModelWithResponseStream') return { events: stream(operation, number(body.max_tokens) ?? 10) };
  return { body: once(`${operation} ${modelId}`, () => Buffer.from(JSON.stringify(whole(operation, modelId)))) };
}

function whole(operation: string, modelId: string): JsonObject {
  if (operation === 'Converse') {
    return {
      output: { message: { role: 'assistant', content: [{ text: TEXT }] } },
      stopReason: 'end_turn',
      usage: { inputTokens: 42, outputTokens: 31, totalTokens: 73 },
      metrics: { latencyMs: 412 },
    };
  }
  if (modelId.includes('embed'))
    return { embedding: Array.from({ length: 1024 }, (_, index) => Math.sin(index + 1)), inputTextTokenCount: 9 };
  return {
    id: 'msg_bdrk_01',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5',
    content: [{ type: 'text', text: TEXT.repeat(Math.ceil(MIB / TEXT.length)).slice(0, MIB) }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 42, output_tokens: 250_000 },
  };
}

/** The first frame goes alone, the rest in pieces of about 16 KiB, as a model that is faster than the wire would have them arrive. */
const PIECE_BYTES = 16 * 1024;

function stream(operation: string, events: number): Buffer[] {
  return once(`${operation} ${events}`, () => {
    const frames = operation === 'ConverseStream' ? converseFrames(events) : messageFrames(events);
    const pieces: Buffer[] = [];
    let pending: Buffer[] = [];
    let length = 0;
    const put = () => {
      if (pending.length > 0) pieces.push(Buffer.concat(pending));
      pending = [];
      length = 0;
    };
    for (const [index, frame] of frames.entries()) {
      pending.push(frame);
      length += frame.length;
      if (index === 0 || length > PIECE_BYTES) put();
    }
    put();
    return pieces;
  });
}

/** `events` in all, of which the four around the text are not text. */
function converseFrames(events: number): Buffer[] {
  return [
    eventFrame('messageStart', { role: 'assistant' }),
    ...Array.from({ length: events - 4 }, (_, index) =>
      eventFrame('contentBlockDelta', { delta: { text: delta(index) }, contentBlockIndex: 0 }),
    ),
    eventFrame('contentBlockStop', { contentBlockIndex: 0 }),
    eventFrame('messageStop', { stopReason: 'end_turn' }),
    eventFrame('metadata', { usage: { inputTokens: 42, outputTokens: events, totalTokens: 42 + events }, metrics: { latencyMs: 412 } }),
  ];
}

function messageFrames(events: number): Buffer[] {
  const chunk = (payload: JsonObject) => eventFrame('chunk', payload);
  const message = { id: 'msg_bdrk_01', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content: [] };
  return [
    chunk({ type: 'message_start', message: { ...message, usage: { input_tokens: 42, output_tokens: 1 } } }),
    chunk({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    ...Array.from({ length: events - 5 }, (_, index) =>
      chunk({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: delta(index) } }),
    ),
    chunk({ type: 'content_block_stop', index: 0 }),
    chunk({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: events } }),
    chunk({
      type: 'message_stop',
      'amazon-bedrock-invocationMetrics': { inputTokenCount: 42, outputTokenCount: events, invocationLatency: 412, firstByteLatency: 90 },
    }),
  ];
}

const made = new Map<string, unknown>();

function once<T>(name: string, make: () => T): T {
  const kept = made.get(name);
  if (kept !== undefined) return kept as T;
  const value = make();
  made.set(name, value);
  return value;
}
