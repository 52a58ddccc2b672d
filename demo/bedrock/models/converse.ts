import { number, object, objects, string } from '../../../src/read';
import type { JsonObject } from '../../../src/types';
import { jsonPieces, type Prompt, pieces, type Reply, tool } from './prompt';

/** Signatures are opaque to everyone but the model. */
export const SIGNATURE = Buffer.from('the signature of a thought').toString('base64');

const STOP = { end: 'end_turn', tool: 'tool_use', length: 'max_tokens' } as const;

/** Reads a request in Converse's shape, which Nova's InvokeModel bodies have as well. */
export function readConverse(body: JsonObject): Prompt {
  const messages = objects(body.messages);
  const blocks = messages.flatMap(({ content }) => objects(content));
  const last = objects(messages.at(-1)?.content);
  const system = objects(body.system);
  const additional = object(body.additionalModelRequestFields);
  return {
    text: lastText(messages),
    tools: objects(object(body.toolConfig)?.tools).flatMap((entry) => {
      const spec = object(entry.toolSpec);
      return tool(spec, object(spec?.inputSchema)?.json);
    }),
    toolResults: last.filter((block) => 'toolResult' in block).length,
    images: blocks.filter((block) => 'image' in block).length,
    thinking: object(additional?.thinking)?.type === 'enabled' || additional?.reasoning_config !== undefined,
    cacheable: beforeCachePoint(system) || beforeCachePoint(blocks),
    allText: [...system, ...blocks].map(textOf).join('\n'),
    maxTokens: number(object(body.inferenceConfig)?.maxTokens),
  };
}

export function converseResponse(reply: Reply, latencyMs: number): JsonObject {
  return {
    metrics: { latencyMs },
    output: { message: { content: contentBlocks(reply), role: 'assistant' } },
    stopReason: STOP[reply.stop],
    usage: converseUsage(reply),
  };
}

export function contentBlocks(reply: Reply): JsonObject[] {
  const reasoning = reply.reasoning ? [{ reasoningContent: { reasoningText: { signature: SIGNATURE, text: reply.reasoning } } }] : [];
  const text = reply.text ? [{ text: reply.text }] : [];
  return [...reasoning, ...text, ...reply.toolUses.map(({ id, name, input }) => ({ toolUse: { input, name, toolUseId: id } }))];
}

/** The events of a whole answer. Text blocks have no start event, as on the real wire. */
export function* converseEvents(reply: Reply, latencyMs: () => number): Generator<JsonObject> {
  let index = 0;
  yield { messageStart: { role: 'assistant' } };
  if (reply.reasoning) {
    for (const text of pieces(reply.reasoning)) yield delta(index, { reasoningContent: { text } });
    yield delta(index, { reasoningContent: { signature: SIGNATURE } });
    yield { contentBlockStop: { contentBlockIndex: index++ } };
  }
  if (reply.text) {
    for (const text of pieces(reply.text)) yield delta(index, { text });
    yield { contentBlockStop: { contentBlockIndex: index++ } };
  }
  for (const { id, name, input } of reply.toolUses) {
    yield { contentBlockStart: { contentBlockIndex: index, start: { toolUse: { name, toolUseId: id } } } };
    for (const piece of jsonPieces(input)) yield delta(index, { toolUse: { input: piece } });
    yield { contentBlockStop: { contentBlockIndex: index++ } };
  }
  yield { messageStop: { stopReason: STOP[reply.stop] } };
  yield { metadata: { metrics: { latencyMs: latencyMs() }, usage: converseUsage(reply) } };
}

/** Real answers carry the cache counts twice, under an older name as well, and an empty `serverToolUsage`. */
function converseUsage({ usage }: Reply): JsonObject {
  return {
    cacheReadInputTokenCount: usage.cacheRead,
    cacheReadInputTokens: usage.cacheRead,
    cacheWriteInputTokenCount: usage.cacheWrite,
    cacheWriteInputTokens: usage.cacheWrite,
    inputTokens: usage.input,
    outputTokens: usage.output,
    serverToolUsage: {},
    totalTokens: usage.input + usage.output + usage.cacheRead + usage.cacheWrite,
  };
}

const delta = (contentBlockIndex: number, value: JsonObject) => ({ contentBlockDelta: { contentBlockIndex, delta: value } });

function lastText(messages: JsonObject[]): string {
  const texts = messages.filter(({ role }) => role === 'user').map(({ content }) => objects(content).map(textOf).join(' ').trim());
  return texts.findLast((text) => text !== '') ?? '';
}

function textOf(block: JsonObject): string {
  return string(block.text) ?? string(object(object(block.guardContent)?.text)?.text) ?? '';
}

/** Converse marks the cache point with a block after the text; Nova's own bodies put it into the text block. */
function beforeCachePoint(blocks: JsonObject[]): string {
  const index = blocks.findIndex((block) => 'cachePoint' in block);
  return blocks
    .slice(0, index + 1)
    .map(textOf)
    .join('\n');
}
