import { isObject, number, object, objects, string } from '../../../src/read';
import type { JsonObject } from '../../../src/types';
import { SIGNATURE } from './converse';
import { type Dialect, idOf, jsonPieces, type Prompt, pieces, type Reply, tool } from './prompt';

const STOP = { end: 'end_turn', tool: 'tool_use', length: 'max_tokens' } as const;

/** Anthropic Messages. */
export const anthropic: Dialect = { read, whole, chunks };

function read(body: JsonObject): Prompt {
  const messages = objects(body.messages);
  const blocks = messages.flatMap(({ content }) => blocksOf(content));
  const last = blocksOf(messages.at(-1)?.content);
  const system = blocksOf(body.system);
  const texts = messages.filter(({ role }) => role === 'user').map(({ content }) => textOf(blocksOf(content)));
  return {
    text: texts.findLast((text) => text !== '') ?? '',
    tools: objects(body.tools).flatMap((entry) => tool(entry, entry.input_schema)),
    toolResults: last.filter(({ type }) => type === 'tool_result').length,
    images: blocks.filter(({ type }) => type === 'image').length,
    thinking: object(body.thinking)?.type === 'enabled',
    cacheable: textOf([...system, ...blocks].filter(({ cache_control }) => isObject(cache_control))),
    allText: textOf([...system, ...blocks]),
    maxTokens: number(body.max_tokens),
  };
}

function whole(reply: Reply, request: JsonObject): JsonObject {
  return { ...envelope(reply), content: content(reply), stop_reason: STOP[reply.stop], stop_sequence: null, usage: usage(reply, request) };
}

function* chunks(reply: Reply, request: JsonObject): Generator<JsonObject> {
  const start = { ...usage(reply, request), output_tokens: 1 };
  yield { type: 'message_start', message: { ...envelope(reply), content: [], stop_reason: null, stop_sequence: null, usage: start } };
  for (const [index, block] of content(reply).entries()) {
    yield { type: 'content_block_start', index, content_block: emptied(block) };
    for (const delta of deltas(block)) yield { type: 'content_block_delta', index, delta };
    yield { type: 'content_block_stop', index };
  }
  yield { type: 'message_delta', delta: { stop_reason: STOP[reply.stop], stop_sequence: null }, usage: usage(reply, request) };
  yield { type: 'message_stop' };
}

function envelope(reply: Reply): JsonObject {
  return { id: idOf('msg_bdrk_', reply), type: 'message', role: 'assistant', model: 'claude-sonnet-4-5-20250929' };
}

type Block =
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'text'; text: string }
  | { type: 'tool_use'; id: string; name: string; input: JsonObject };

function content(reply: Reply): Block[] {
  const thinking: Block[] = reply.reasoning ? [{ type: 'thinking', thinking: reply.reasoning, signature: SIGNATURE }] : [];
  const text: Block[] = reply.text ? [{ type: 'text', text: reply.text }] : [];
  const uses = reply.toolUses.map(
    ({ id, name, input }): Block => ({ type: 'tool_use', id: id.replace('tooluse_', 'toolu_bdrk_'), name, input }),
  );
  return [...thinking, ...text, ...uses];
}

function emptied(block: Block): Block {
  switch (block.type) {
    case 'thinking':
      return { ...block, thinking: '', signature: '' };
    case 'text':
      return { ...block, text: '' };
    case 'tool_use':
      return { ...block, input: {} };
  }
}

function deltas(block: Block): JsonObject[] {
  switch (block.type) {
    case 'thinking': {
      const thoughts = pieces(block.thinking).map((thinking) => ({ type: 'thinking_delta', thinking }));
      return [...thoughts, { type: 'signature_delta', signature: block.signature }];
    }
    case 'text':
      return pieces(block.text).map((text) => ({ type: 'text_delta', text }));
    case 'tool_use':
      return ['', ...jsonPieces(block.input)].map((partial_json) => ({ type: 'input_json_delta', partial_json }));
  }
}

/** The write to the cache is split by its time to live only where the request marked something for it. */
function usage({ usage }: Reply, request: JsonObject): JsonObject {
  const marked = JSON.stringify(request).includes('"cache_control"');
  return {
    input_tokens: usage.input,
    cache_creation_input_tokens: usage.cacheWrite,
    cache_read_input_tokens: usage.cacheRead,
    ...(marked ? { cache_creation: { ephemeral_5m_input_tokens: usage.cacheWrite, ephemeral_1h_input_tokens: 0 } } : {}),
    output_tokens: usage.output,
  };
}

function blocksOf(content: unknown): JsonObject[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : objects(content);
}

function textOf(blocks: JsonObject[]): string {
  return blocks
    .map(({ text }) => string(text) ?? '')
    .join(' ')
    .trim();
}
