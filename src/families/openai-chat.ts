import { Binary, contentTypeOf } from '../binary';
import { isObject, number, object, objects, parseJson, put, string } from '../read';
import { tokenMetrics, type Usage } from '../tokens';
import type { Family, JsonObject } from '../types';
import { base64File, base64Type, dataUrl, sniff } from './media';
import { OpenaiStream } from './openai-stream';
import { readParameters, readTools } from './parameters';
import { assistantText, userText } from './text';

/** OpenAI's chat completions, and the text completions (`prompt` in, `text` out) that the same servers speak. The trace view draws its messages. */
export const openaiChat: Family = {
  name: 'openai-chat',
  recognises: (request, response) => isRequest(request) || isResponse(response),
  request: (body) => ({
    input: Array.isArray(body.messages) ? objects(body.messages).map(readMessage) : readPrompt(body.prompt),
    metadata: put(readParameters(body), readTools(body.tools ?? legacyTools(body.functions), body.tool_choice ?? body.function_call)),
  }),
  response(body) {
    const choices = objects(body.choices);
    const stopReason = choices
      .map((choice) => choice.finish_reason ?? choice.stop_reason)
      .find((reason) => typeof reason === 'string' || typeof reason === 'number');
    const responseModel = string(body.model);
    return {
      output: choices.map(readChoice),
      metadata: {
        ...(stopReason !== undefined && { stopReason: `${stopReason}` }),
        ...(responseModel !== undefined && { responseModel }),
      },
      metrics: tokenMetrics(readUsage(object(body.usage) ?? {})),
    };
  },
  accumulator: () => new OpenaiStream(),
};

const isRequest = (body: JsonObject) => Array.isArray(body.messages) || typeof body.prompt === 'string';

/** The choices of an answer; none at all where only the usage is told. */
const isResponse = ({ choices }: JsonObject) =>
  Array.isArray(choices) &&
  choices.every((choice) => isObject(choice) && (isObject(choice.message) || isObject(choice.delta) || typeof choice.text === 'string'));

const legacyTools = (functions: unknown) => objects(functions).map((definition) => ({ type: 'function', function: definition }));

const readPrompt = (prompt: unknown) =>
  (Array.isArray(prompt) ? prompt : [prompt]).filter((text) => typeof text === 'string').flatMap(userText);

function readChoice(choice: JsonObject): JsonObject {
  const message = object(choice.message) ?? object(choice.delta);
  if (!message) return assistantText(string(choice.text) ?? '');
  // servers write the members that do not apply as null: only `content` says something by being null
  const members = Object.entries(message).filter(([name, value]) => value !== null || name === 'content');
  return readMessage({ role: 'assistant', ...Object.fromEntries(members) });
}

export function readMessage(message: JsonObject): JsonObject {
  const read: JsonObject = { ...message };
  if (Array.isArray(message.content)) read.content = message.content.map((part) => (isObject(part) ? readPart(part) : part));
  if (Array.isArray(message.tool_calls)) read.tool_calls = message.tool_calls.map((call) => (isObject(call) ? readCall(call) : call));
  if (isObject(message.function_call)) read.function_call = readFunction(message.function_call);
  if (isObject(message.audio)) read.audio = readAudio(message.audio);
  return read;
}

function readCall(call: JsonObject): JsonObject {
  return isObject(call.function) ? { ...call, function: readFunction(call.function) } : call;
}

/** Arguments as what they say: parsed, or the raw text where the model wrote malformed JSON. */
function readFunction(fn: JsonObject): JsonObject {
  return typeof fn.arguments === 'string' ? { ...fn, arguments: parseJson(fn.arguments) } : fn;
}

/** The member of a content part that holds a file or a URL to one. */
const MEDIA: Readonly<Record<string, string>> = {
  image_url: 'url',
  video_url: 'url',
  audio_url: 'url',
  input_audio: 'data',
  file: 'file_data',
};

function readPart(part: JsonObject): JsonObject {
  const kind = string(part.type);
  if (kind === undefined || !Object.hasOwn(MEDIA, kind)) return part;
  const member = MEDIA[kind];
  const media = part[kind];
  if (member === undefined) return part;
  // Mistral's parts say the URL, or the audio, without the object around it
  if (typeof media === 'string') return readPart({ ...part, [kind]: { [member]: media } });
  if (!isObject(media) || typeof media[member] !== 'string') return part;
  if (kind === 'input_audio') return { ...part, [kind]: readAudio(media) };
  return { ...part, [kind]: { ...media, [member]: readFile(media[member], string(media.filename)) } };
}

/** A file in a data URL, or in bare base64 as what its first bytes or its name say. */
function readFile(data: string, filename: string | undefined): unknown {
  const url = dataUrl(data, filename);
  if (url) return url;
  const type = base64Type(data);
  if (filename === undefined || type === undefined) return data;
  return new Binary(data, sniff(data) ?? contentTypeOf('document', filename.split('.').at(-1)), filename);
}

function readAudio(audio: JsonObject): JsonObject {
  if (typeof audio.data !== 'string' || audio.data === '') return audio;
  return { ...audio, data: base64File(audio.data, typeof audio.format === 'string' ? `audio/${audio.format}` : undefined) };
}

/** OpenAI's input count includes what was read from the cache. */
function readUsage(usage: JsonObject): Usage {
  const input = object(usage.prompt_tokens_details) ?? object(usage.input_tokens_details) ?? {};
  const output = object(usage.completion_tokens_details) ?? object(usage.output_tokens_details) ?? {};
  return {
    input: number(usage.prompt_tokens) ?? number(usage.input_tokens),
    output: number(usage.completion_tokens) ?? number(usage.output_tokens),
    cacheRead: number(input.cached_tokens),
    reasoning: number(output.reasoning_tokens),
    inputAudio: number(input.audio_tokens),
    outputAudio: number(output.audio_tokens),
    inputIncludesCache: true,
  };
}
