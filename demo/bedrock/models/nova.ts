import type { JsonObject } from '../../../src/types';
import { contentBlocks, readConverse } from './converse';
import { type Dialect, pieces, type Reply } from './prompt';

const STOP = { end: 'end_turn', tool: 'tool_use', length: 'max_tokens' } as const;

/** Nova: Converse's shape, with the cache counts under other names. */
export const nova: Dialect = { read: readConverse, whole, chunks };

function whole(reply: Reply): JsonObject {
  return {
    output: { message: { content: contentBlocks(reply), role: 'assistant' } },
    stopReason: STOP[reply.stop],
    usage: { ...usage(reply), totalTokens: reply.usage.input + reply.usage.output + reply.usage.cacheRead + reply.usage.cacheWrite },
  };
}

/** Nova raises `contentBlockIndex` with every delta of a text: one answer spans many "blocks". Tool input comes whole. */
function* chunks(reply: Reply): Generator<JsonObject> {
  let contentBlockIndex = 0;
  yield { messageStart: { role: 'assistant' } };
  for (const text of pieces(reply.text)) {
    yield { contentBlockDelta: { delta: { text }, contentBlockIndex } };
    yield { contentBlockStop: { contentBlockIndex: contentBlockIndex++ } };
  }
  for (const { id, name, input } of reply.toolUses) {
    yield { contentBlockStart: { start: { toolUse: { toolUseId: id, name } }, contentBlockIndex } };
    yield { contentBlockDelta: { delta: { toolUse: { input: JSON.stringify(input) } }, contentBlockIndex } };
    yield { contentBlockStop: { contentBlockIndex: contentBlockIndex++ } };
  }
  yield { messageStop: { stopReason: STOP[reply.stop] } };
  yield { metadata: { usage: usage(reply), metrics: {}, trace: {} } };
}

function usage({ usage }: Reply): JsonObject {
  return {
    inputTokens: usage.input,
    outputTokens: usage.output,
    cacheReadInputTokenCount: usage.cacheRead,
    cacheWriteInputTokenCount: usage.cacheWrite,
  };
}
