import { readBlocks } from '../blocks';
import { isObject, object, objects, put, string } from '../read';
import { converseUsage, tokenMetrics } from '../tokens';
import type { Family, JsonObject } from '../types';
import { NovaStream } from './nova-stream';
import { readParameters, readTools } from './parameters';

/** Amazon Nova's messages: Converse's blocks in a JSON body, with base64 text for bytes. */
export const nova: Family = {
  name: 'nova',
  recognises: (request, response) => isRequest(request) || isResponse(response),
  request(body) {
    const system = body.system === undefined || body.system === null ? [] : [{ role: 'system', content: readBlocks(body.system) }];
    const toolConfig = object(body.toolConfig) ?? {};
    return {
      input: [...system, ...objects(body.messages).map(readMessage)],
      metadata: put(readParameters(object(body.inferenceConfig) ?? {}), readTools(toolConfig.tools, toolConfig.toolChoice)),
    };
  },
  response(body) {
    const stopReason = string(body.stopReason);
    const message = object(object(body.output)?.message);
    return {
      output: message ? [readMessage({ role: 'assistant', ...message })] : [],
      metadata: stopReason === undefined ? {} : { stopReason },
      metrics: tokenMetrics(converseUsage(body.usage)),
    };
  },
  accumulator: () => new NovaStream(),
};

const readMessage = (message: JsonObject): JsonObject => ({ role: message.role, content: readBlocks(message.content) });

function isRequest(body: JsonObject): boolean {
  if (!Array.isArray(body.messages)) return false;
  if (body.schemaVersion === 'messages-v1' || isObject(body.inferenceConfig) || isObject(body.toolConfig)) return true;
  return objects(body.messages).some(({ content }) => objects(content).some((block) => block.type === undefined));
}

const EVENTS = ['messageStart', 'contentBlockStart', 'contentBlockDelta', 'contentBlockStop', 'messageStop'] as const;

/** `{ output: { message } }`, or an event of a stream. */
function isResponse(body: JsonObject): boolean {
  return isObject(object(body.output)?.message) || EVENTS.some((name) => isObject(body[name]));
}
