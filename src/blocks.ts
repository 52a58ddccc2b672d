import { Binary, binaryOf, contentTypeOf } from './binary';
import { eachObject, isObject, object, parseJson, pick, string } from './read';
import type { JsonObject } from './types';

/**
 * Converse content blocks as the contract draws them: each with its `type`, tool use and results in the shape that the trace view knows.
 * Nova's InvokeModel bodies use the same blocks with base64 text in the place of bytes.
 */
export function readBlocks(content: unknown, depth = 0): JsonObject[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return eachObject(content, (block) => readBlock(block, depth));
}

/** A tool result holds blocks of its own; results within results are nobody's, and a hostile body's without end. */
const MAX_DEPTH = 8;

function readBlock(block: JsonObject, depth: number): JsonObject {
  if (typeof block.text === 'string') return pick(block, CACHE_POINT, { type: 'text', text: block.text });
  for (const kind of MEDIA) if (isObject(block[kind])) return { type: kind, [kind]: readMedia(kind, block[kind]) };
  if (isObject(block.toolUse)) return readToolUse(block.toolUse);
  if (isObject(block.toolResult) && depth < MAX_DEPTH) return readToolResult(block.toolResult, depth + 1);
  if (isObject(block.reasoningContent)) return { type: 'reasoning', reasoningContent: readReasoning(block.reasoningContent) };
  if (isObject(block.guardContent)) {
    const image = object(block.guardContent.image);
    return { type: 'guardContent', guardContent: image ? { ...block.guardContent, image: readMedia('image', image) } : block.guardContent };
  }
  return readOther(block);
}

const CACHE_POINT = ['cachePoint'] as const;
const MEDIA = ['image', 'document', 'video', 'audio'] as const;

/** `{ format, source: { bytes | s3Location | … } }`: only bytes are replaced; an S3 location stays what it is and is never fetched. */
export function readMedia(kind: string, media: JsonObject): JsonObject {
  const source = object(media.source);
  const bytes = binaryOf(source?.bytes, contentTypeOf(kind, media.format), string(media.name));
  return bytes ? { ...media, source: { ...source, bytes } } : media;
}

function readToolUse(use: JsonObject): JsonObject {
  const input = typeof use.input === 'string' ? parseJson(use.input) : use.input;
  const tool = { type: 'tool_use', id: use.toolUseId, name: use.name, input: input === '' ? {} : input };
  return typeof use.type === 'string' && use.type !== 'tool_use' ? { ...tool, toolType: use.type } : tool;
}

function readToolResult(result: JsonObject, depth: number): JsonObject {
  const block = {
    type: 'tool_result',
    tool_use_id: result.toolUseId,
    content: readBlocks(result.content, depth),
    is_error: result.status === 'error',
  };
  return typeof result.type === 'string' && result.type !== 'tool_result' ? { ...block, toolType: result.type } : block;
}

/** Redacted reasoning is encrypted for the model alone: only its size says something to a reader. */
function readReasoning(reasoning: JsonObject): JsonObject {
  const redacted = reasoning.redactedContent;
  if (redacted instanceof Uint8Array) return { redactedContent: { byteLength: redacted.byteLength } };
  if (typeof redacted === 'string') return { redactedContent: { byteLength: new Binary(redacted, '').byteLength } };
  return reasoning;
}

/** cachePoint, searchResult, citationsContent, and whatever comes later: the block's own key, and `type` to name it. */
function readOther(block: JsonObject): JsonObject {
  const unknown = block.$unknown; // how the SDK hands over a union member it does not know: [name, value]
  if (Array.isArray(unknown) && typeof unknown[0] === 'string') return { type: unknown[0], [unknown[0]]: unknown[1] };
  if (typeof block.type === 'string') return block;
  return { type: Object.keys(block)[0] ?? 'unknown', ...block };
}
