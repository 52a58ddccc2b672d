import { readBlocks } from '../blocks';
import { readParameters, readTools } from '../families/parameters';
import { defined, number, object, objects, pick, string } from '../read';
import { converseUsage, latencyMetric, tokenMetrics } from '../tokens';
import type { Fields, JsonObject, Operation } from '../types';
import { ConverseStream } from './converse-stream';

/** Members of the request and of the response that are recorded as they are. */
const REQUEST = [
  'additionalModelRequestFields',
  'guardrailConfig',
  'performanceConfig',
  'serviceTier',
  'requestMetadata',
  'promptVariables',
  'outputConfig',
] as const;
const RESPONSE = ['stopReason', 'additionalModelResponseFields', 'performanceConfig', 'serviceTier'] as const;

export const converse: Operation = { name: 'converse', type: 'llm', request, response };

export const converseStream: Operation = {
  ...converse,
  name: 'converseStream',
  stream: { member: 'stream', accumulator: () => new ConverseStream() },
};

function request(input: JsonObject): Fields {
  const toolConfig = object(input.toolConfig);
  const additional = object(input.additionalModelRequestFields);
  return {
    input: readMessages(input),
    metadata: {
      // Claude takes top_k as a further field, Nova topK within an inferenceConfig of its own there
      ...readParameters({ ...object(additional?.inferenceConfig), ...additional, ...object(input.inferenceConfig) }),
      ...readTools(toolConfig?.tools, toolConfig?.toolChoice),
      ...pick(input, REQUEST),
      ...pick(object(input.guardrailConfig) ?? {}, ['guardrailIdentifier', 'guardrailVersion', 'trace']),
    },
  };
}

/** The conversation as the trace view draws it: the system prompt first. */
function readMessages(conversation: JsonObject): JsonObject[] {
  const system = readBlocks(conversation.system);
  const messages = objects(conversation.messages).map(({ role, content }) => ({
    role: string(role) ?? 'user',
    content: readBlocks(content),
  }));
  return system.length > 0 ? [{ role: 'system', content: system }, ...messages] : messages;
}

function response(output: JsonObject): Fields {
  const message = object(object(output.output)?.message);
  const trace = object(output.trace);
  const promptRouter = object(trace?.promptRouter);
  return {
    ...(message && { output: [{ role: string(message.role) ?? 'assistant', content: readBlocks(message.content) }] }),
    metadata: defined({
      ...pick(output, RESPONSE),
      responseModel: promptRouter?.invokedModelId,
      promptRouter,
      guardrail: trace?.guardrail,
      cacheDetails: object(output.usage)?.cacheDetails,
    }),
    metrics: { ...tokenMetrics(converseUsage(output.usage)), ...latencyMetric(number(object(output.metrics)?.latencyMs)) },
  };
}
