import { readBlocks } from '../blocks';
import { readParameters, readTools } from '../families/parameters';
import { defined, eachObject, number, object, pick, put, string } from '../read';
import { converseUsage, latencyMetric, tokenMetrics } from '../tokens';
import type { Fields, JsonObject, Operation } from '../types';
import { ConverseStream } from './converse-stream';

/** Members of the request that are recorded as they are. */
const REQUEST = [
  'additionalModelRequestFields',
  'guardrailConfig',
  'performanceConfig',
  'serviceTier',
  'requestMetadata',
  'promptVariables',
  'outputConfig',
] as const;
/** The same of the request's guardrail. */
const GUARDRAIL = ['guardrailIdentifier', 'guardrailVersion', 'trace'] as const;

export const converse: Operation = { name: 'converse', type: 'llm', request, response };

export const converseStream: Operation = {
  ...converse,
  name: 'converseStream',
  stream: { member: 'stream', accumulator: () => new ConverseStream() },
};

function request(input: JsonObject): Fields {
  const toolConfig = object(input.toolConfig);
  const additional = object(input.additionalModelRequestFields);
  const inference = object(input.inferenceConfig) ?? {};
  // Claude takes top_k as a further field, Nova topK within an inferenceConfig of its own there
  const metadata = readParameters(additional ? { ...object(additional.inferenceConfig), ...additional, ...inference } : inference);
  put(metadata, readTools(toolConfig?.tools, toolConfig?.toolChoice));
  pick(input, REQUEST, metadata);
  pick(object(input.guardrailConfig) ?? {}, GUARDRAIL, metadata);
  return { input: readMessages(input), metadata };
}

/** The conversation as the trace view draws it: the system prompt first. */
function readMessages(conversation: JsonObject): JsonObject[] {
  const system = readBlocks(conversation.system);
  const messages = eachObject(conversation.messages, ({ role, content }) => ({
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
    output: message && [{ role: string(message.role) ?? 'assistant', content: readBlocks(message.content) }],
    metadata: defined({
      stopReason: output.stopReason,
      additionalModelResponseFields: output.additionalModelResponseFields,
      performanceConfig: output.performanceConfig,
      serviceTier: output.serviceTier,
      responseModel: promptRouter?.invokedModelId,
      promptRouter,
      guardrail: trace?.guardrail,
      cacheDetails: object(output.usage)?.cacheDetails,
    }),
    metrics: put(tokenMetrics(converseUsage(output.usage)), latencyMetric(number(object(output.metrics)?.latencyMs))),
  };
}
