import { Binary } from '../binary';
import { defined, isObject, number, object, objects, put, string } from '../read';
import { tokenMetrics, type Usage } from '../tokens';
import type { Family, Fields, JsonObject } from '../types';
import { AnthropicStream } from './anthropic-stream';
import { base64File } from './media';
import { readParameters, readTools } from './parameters';

/** Anthropic Messages. The trace view draws Anthropic's blocks, so they are kept, with files in the place of base64. */
export const anthropic: Family = {
  name: 'anthropic',
  recognises: (request, response) => isRequest(request) || isResponse(response),
  request(body) {
    const system = body.system === undefined || body.system === null ? [] : [{ role: 'system', content: readContent(body.system) }];
    return {
      input: [...system, ...objects(body.messages).map(readMessage)],
      metadata: put(readParameters(body), readTools(body.tools, body.tool_choice)),
    };
  },
  response(body): Fields {
    return {
      output: [{ role: string(body.role) ?? 'assistant', content: readContent(body.content) }],
      metadata: defined({ stopReason: string(body.stop_reason), responseModel: string(body.model) }),
      metrics: tokenMetrics(readUsage(object(body.usage) ?? {})),
    };
  },
  accumulator: () => new AnthropicStream(),
};

function isRequest(body: JsonObject): boolean {
  if (!Array.isArray(body.messages)) return false;
  if (typeof body.anthropic_version === 'string') return true;
  return (
    (typeof body.system === 'string' && body.inferenceConfig === undefined) ||
    objects(body.tools).some((tool) => isObject(tool.input_schema))
  );
}

const EVENTS: ReadonlySet<unknown> = new Set([
  'message_start',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
]);

/** A message, or an event of one. */
function isResponse(body: JsonObject): boolean {
  if (body.type === 'message' || EVENTS.has(body.type)) return true;
  return Array.isArray(body.content) && (body.role === 'assistant' || body.stop_reason !== undefined);
}

function readMessage(message: JsonObject): JsonObject {
  return { ...message, content: readContent(message.content) };
}

function readContent(content: unknown): unknown {
  if (Array.isArray(content)) return content.map((block) => (isObject(block) ? readBlock(block) : block));
  return isObject(content) ? readBlock(content) : content;
}

/** Blocks nest: a tool result, a search result and a document may hold blocks, each of them with files. */
function readBlock(block: JsonObject): JsonObject {
  const read: JsonObject = { ...block };
  if (isObject(block.source)) read.source = readSource(block.source, string(block.title));
  if (isObject(block.content) || Array.isArray(block.content)) read.content = readContent(block.content);
  // encrypted for the model alone: only the size says something to a reader
  if (block.type === 'redacted_thinking' && typeof block.data === 'string') read.data = byteLength(block.data);
  if (typeof block.encrypted_content === 'string') read.encrypted_content = byteLength(block.encrypted_content);
  return read;
}

const byteLength = (base64: string) => ({ byteLength: new Binary(base64, '').byteLength });

/** The file stands for the whole `{ type: 'base64', media_type, data }`, as the trace view expects; a URL, a file id and plain text stay. */
function readSource(source: JsonObject, filename: string | undefined): unknown {
  if (source.type === 'content') return { ...source, content: readContent(source.content) };
  if (typeof source.data !== 'string' || source.type === 'text') return source;
  return base64File(source.data, source.media_type, filename);
}

/** Anthropic's input count excludes what was read from and written to the cache. */
function readUsage(usage: JsonObject): Usage {
  const written = object(usage.cache_creation) ?? {};
  const fiveMinutes = number(written.ephemeral_5m_input_tokens);
  const oneHour = number(written.ephemeral_1h_input_tokens);
  const split = fiveMinutes === undefined && oneHour === undefined ? undefined : (fiveMinutes ?? 0) + (oneHour ?? 0);
  return {
    input: number(usage.input_tokens),
    output: number(usage.output_tokens),
    cacheRead: number(usage.cache_read_input_tokens),
    cacheWrite: number(usage.cache_creation_input_tokens) ?? split,
    cacheWrite5m: fiveMinutes,
    cacheWrite1h: oneHour,
  };
}
