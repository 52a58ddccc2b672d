import { isObject, object, objects, string } from '../read';
import type { JsonObject } from '../types';

/** The contract's names for what steers a model, and what the vendors call it. The first name that the body has wins. */
const NAMES: [string, string[]][] = Object.entries({
  maxTokens: [
    'maxTokens',
    'max_tokens',
    'max_completion_tokens',
    'max_new_tokens',
    'max_tokens_to_sample',
    'max_gen_len',
    'maxTokenCount',
    'maxOutputTokens',
    'max_output_tokens',
  ],
  temperature: ['temperature'],
  topP: ['topP', 'top_p', 'p'],
  topK: ['topK', 'top_k', 'k'],
  stopSequences: ['stopSequences', 'stop_sequences', 'stop'],
});

/** `maxTokens`, `temperature`, `topP`, `topK`, `stopSequences` as the body gives them; a zero is a value, what is not there stays absent. */
export function readParameters(body: JsonObject): JsonObject {
  const parameters: JsonObject = {};
  for (const [name, wireNames] of NAMES) {
    const found = wireNames.find((wireName) => body[wireName] !== undefined && body[wireName] !== null);
    if (found !== undefined) parameters[name] = body[found];
  }
  if (typeof parameters.stopSequences === 'string') parameters.stopSequences = [parameters.stopSequences];
  return parameters;
}

/** `tools` and `tool_choice` in OpenAI's function shape, from any vendor's tool definitions; absent where the body has none. */
export function readTools(tools: unknown, choice: unknown): JsonObject {
  const functions = objects(tools)
    .map(readTool)
    .filter((tool) => tool !== undefined);
  const chosen = readChoice(choice);
  const read: JsonObject = {};
  if (functions.length > 0) read.tools = functions;
  if (chosen !== undefined) read.tool_choice = chosen;
  return read;
}

function readTool(tool: JsonObject): JsonObject | undefined {
  if (isObject(tool.function)) return { ...tool, type: 'function' };
  if (isObject(tool.toolSpec)) return functionTool(tool.toolSpec, object(tool.toolSpec.inputSchema)?.json);
  if (isObject(tool.systemTool)) return functionTool(tool.systemTool, undefined);
  if (tool.cachePoint !== undefined) return undefined;
  // a tool that the vendor runs or defines itself: its type and settings say what it is
  if (typeof tool.type === 'string' && tool.type !== 'custom' && tool.type !== 'function') return tool;
  return functionTool(tool, tool.input_schema ?? tool.parameters ?? cohereSchema(tool.parameter_definitions));
}

function functionTool(tool: JsonObject, parameters: unknown): JsonObject {
  const description = string(tool.description);
  return {
    type: 'function',
    function: {
      name: tool.name,
      ...(description !== undefined && { description }),
      ...(typeof tool.strict === 'boolean' && { strict: tool.strict }),
      ...(parameters !== undefined && parameters !== null && { parameters }),
    },
  };
}

/** Cohere's `{ city: { type, description, required } }` as a JSON schema. */
function cohereSchema(definitions: unknown): JsonObject | undefined {
  if (!isObject(definitions)) return undefined;
  const entries = Object.entries(definitions);
  const required = entries.filter(([, definition]) => object(definition)?.required === true).map(([name]) => name);
  const properties = entries.map(([name, definition]) => {
    const { required: _, ...schema } = object(definition) ?? {};
    return [name, schema];
  });
  return { type: 'object', properties: Object.fromEntries(properties), ...(required.length > 0 && { required }) };
}

const CHOICES: ReadonlyMap<string, string> = new Map(Object.entries({ auto: 'auto', any: 'required', required: 'required', none: 'none' }));

/** 'auto' | 'required' | 'none' | { type: 'function', function: { name } }, from each vendor's way to say it. */
function readChoice(choice: unknown): unknown {
  if (typeof choice === 'string') return CHOICES.get(choice.toLowerCase()) ?? choice;
  if (!isObject(choice)) return undefined;
  const name = string(object(choice.function)?.name) ?? string(object(choice.tool)?.name) ?? string(choice.name);
  if (name !== undefined) return { type: 'function', function: { name } };
  if (typeof choice.type === 'string') return CHOICES.get(choice.type) ?? choice.type;
  const mode = ['auto', 'any', 'none'].find((key) => choice[key] !== undefined);
  return mode === undefined ? undefined : CHOICES.get(mode);
}
