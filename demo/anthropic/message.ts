import { createHash } from 'node:crypto';
import type { ContentBlock, Message, Usage } from '@anthropic-ai/sdk/resources/messages';
import { string } from '../../src/read';
import type { JsonObject } from '../../src/types';
import { anthropic } from '../bedrock/models/anthropic';
import { SIGNATURE } from '../bedrock/models/converse';
import type { Reply } from '../bedrock/models/prompt';
import { pieces } from '../bedrock/models/prompt';
import { reply } from '../bedrock/models/reply';

const STOP = { end: 'end_turn', tool: 'tool_use', length: 'max_tokens' } as const;

/** What a request marks for the cache; empty where it marks nothing. */
export const cacheableIn = (params: JsonObject) => anthropic.read(params).cacheable;

/** The built-in model's answer to a Messages request: for the same request and `seed` it is the same message, ids included. */
export function messageTo(params: JsonObject, seed: string, tier: 'standard' | 'batch', cached: Set<string>): Message {
  const answered = reply(anthropic.read(params), cached);
  return {
    id: idOf('msg_01', seed),
    type: 'message',
    role: 'assistant',
    model: string(params.model) ?? '',
    content: content(answered, seed),
    stop_reason: STOP[answered.stop],
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: usage(answered, params, tier),
  };
}

/** The server-sent events that a streamed message comes as. */
export function* eventsOf(message: Message): Generator<string> {
  yield event({
    type: 'message_start',
    message: { ...message, content: [], stop_reason: null, usage: { ...message.usage, output_tokens: 1 } },
  });
  for (const [index, block] of message.content.entries()) {
    yield event({ type: 'content_block_start', index, content_block: emptied(block) });
    for (const delta of deltas(block)) yield event({ type: 'content_block_delta', index, delta });
    yield event({ type: 'content_block_stop', index });
  }
  const { stop_reason, stop_sequence, usage } = message;
  yield event({ type: 'message_delta', delta: { stop_reason, stop_sequence }, usage: { output_tokens: usage.output_tokens } });
  yield event({ type: 'message_stop' });
}

/** An id in Anthropic's form: the same for the same seed. */
export function idOf(prefix: string, seed: string): string {
  return prefix + createHash('sha256').update(seed).digest('base64').replace(/[+/=]/g, 'x').slice(0, 22);
}

function content({ reasoning, text, toolUses }: Reply, seed: string): ContentBlock[] {
  const thinking: ContentBlock[] = reasoning ? [{ type: 'thinking', thinking: reasoning, signature: SIGNATURE }] : [];
  const said: ContentBlock[] = text ? [{ type: 'text', text, citations: null }] : [];
  const uses = toolUses.map(
    ({ name, input }, index): ContentBlock => ({
      type: 'tool_use',
      id: idOf('toolu_01', `${seed} ${index}`),
      name,
      input,
      caller: { type: 'direct' },
    }),
  );
  return [...thinking, ...said, ...uses];
}

/** A write to the cache is for five minutes, or for an hour where the request says so; half and half where it has both marks. */
function usage({ usage, reasoning }: Reply, params: JsonObject, tier: 'standard' | 'batch'): Usage {
  const marks = JSON.stringify(params).match(/"cache_control":\{[^}]*\}/g) ?? [];
  const hours = marks.filter((mark) => mark.includes('"1h"')).length;
  const hour = hours === 0 ? 0 : Math.floor(usage.cacheWrite / (hours === marks.length ? 1 : 2));
  return {
    input_tokens: usage.input,
    cache_creation_input_tokens: usage.cacheWrite,
    cache_read_input_tokens: usage.cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: usage.cacheWrite - hour, ephemeral_1h_input_tokens: hour },
    output_tokens: usage.output,
    output_tokens_details: reasoning ? { thinking_tokens: Math.ceil(reasoning.length / 4) } : null,
    server_tool_use: null,
    service_tier: tier,
    inference_geo: null,
    speed: null,
  };
}

function emptied(block: ContentBlock): ContentBlock {
  if (block.type === 'thinking') return { ...block, thinking: '', signature: '' };
  if (block.type === 'text') return { ...block, text: '' };
  return block.type === 'tool_use' ? { ...block, input: {} } : block;
}

function deltas(block: ContentBlock): JsonObject[] {
  if (block.type === 'text') return pieces(block.text).map((text) => ({ type: 'text_delta', text }));
  if (block.type === 'tool_use') return [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }];
  if (block.type !== 'thinking') return [];
  return [
    { type: 'thinking_delta', thinking: block.thinking },
    { type: 'signature_delta', signature: block.signature },
  ];
}

function event(data: JsonObject): string {
  return `event: ${string(data.type)}\ndata: ${JSON.stringify(data)}\n\n`;
}
