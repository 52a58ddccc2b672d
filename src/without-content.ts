import { isObject, objects } from './read';
import type { Fields, JsonObject } from './types';

/*
 * What a row has with BRAINTRUST_BEDROCK_CONTENT=none: its structure, roles, block types, lengths, parameters and metrics. Lists of what may
 * stay, never of what must go: whatever a model or an SDK adds tomorrow is content until it is listed here.
 */

/** Members of input and output that say how a message is built. */
const STRUCTURE = new Set(
  (
    'role content type text image document video audio format source bytes byteLength contentType length reasoning reasoningContent ' +
    'reasoningText redactedContent thinking signature citations citationsContent searchResult cachePoint guardContent tool_use_id ' +
    'tool_calls function arguments input json is_error messages inputs outputs count output_dimensions inputTokens prompt query documents ' +
    'results index action assessments modelInput chunks sent received operation image_url'
  ).split(' '),
);
/** Members whose text is one of a few words of the API. A body that nobody knows may have anything else there. */
const WORDS: ReadonlyMap<string, RegExp> = new Map([
  ['role', /^(system|developer|user|assistant|tool|function|chatbot|model)$/i],
  [
    'format',
    /^(png|jpe?g|gif|webp|pdf|csv|docx?|xlsx?|html|txt|md|mkv|mov|mp4|webm|flv|mpe?g|wmv|three_gp|mp3|wav|ogg|opus|aac|flac|m4a|pcm|lpcm)$/,
  ],
  ['contentType', /^(image|video|audio|text|application)\/[\w.+-]{1,80}$/],
  ['action', /^(NONE|BLOCKED|ANONYMIZED|GUARDRAIL_INTERVENED|INTERVENED)$/],
  ['operation', /^[A-Z]+(_[A-Z]+)*$/],
]);
/** The types that blocks have besides their own key's name; another one may be a key of somebody's making. */
const TYPES = /^(\w+_)?(tool_use|tool_result|thinking|message|url|base64|braintrust_attachment)$/;
/** Members whose numbers and truths measure and do not tell. */
const MEASURES = new Set('byteLength length count output_dimensions inputTokens index is_error chunks sent received'.split(' '));
/** Members with keys of the user's own making: only their size says nothing about them. */
const FREE_FORM = new Set(['input', 'arguments', 'json', 'modelInput', 'citations', 'assessments']);

const METADATA = new Set(
  (
    'provider model command operation region vendor inferenceProfile maxTokens temperature topP topK guardrailIdentifier guardrailVersion ' +
    'performanceConfig serviceTier contentType accept trace stopReason requestId httpStatus attempts totalRetryDelay responseModel ' +
    'cacheDetails streamStatus invocationArn jobStatus submitTime endTime'
  ).split(' '),
);

export function withoutContent(fields: Fields): Fields {
  const { input, output, metadata, ...rest } = fields;
  return {
    ...rest,
    ...(input !== undefined && { input: structure(input) }),
    ...(output !== undefined && { output: structure(output) }),
    ...(metadata && { metadata: withoutText(metadata) }),
  };
}

function structure(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return isWord(value, key) ? value : { length: value.length };
  if (Array.isArray(value)) return value.map((item) => structure(item, key));
  if (!isObject(value)) return MEASURES.has(key) || value === null ? value : undefined;
  const kept: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    if (!STRUCTURE.has(name)) continue;
    // A message list, or a tool's arguments? Only the latter have keys that are somebody's own.
    const isFree = FREE_FORM.has(name) && !(name === 'input' && Array.isArray(member));
    const shown = isFree ? { length: JSON.stringify(member)?.length ?? 0 } : structure(member, name);
    if (shown !== undefined) kept[name] = shown;
  }
  return kept;
}

function isWord(value: string, key: string): boolean {
  if (key === 'type') return STRUCTURE.has(value) || TYPES.test(value);
  return WORDS.get(key)?.test(value) === true;
}

function withoutText(metadata: JsonObject): JsonObject {
  const kept = Object.entries(metadata).filter(([name]) => METADATA.has(name));
  const { tools, stopSequences } = metadata;
  return {
    ...Object.fromEntries(kept),
    ...(Array.isArray(tools) && { tools: objects(tools).map(({ type }) => ({ type })) }),
    ...(Array.isArray(stopSequences) && { stopSequences: { length: stopSequences.length } }),
  };
}

/** An error's kind and where it was thrown; not its message, which quotes what it complains of. */
export function errorWithoutContent({ name, message, stack }: { name: string; message: string; stack?: string }): JsonObject {
  const frames = stack?.split('\n').filter((line) => /^ {4}at /.test(line));
  return { name, message: { length: message.length }, ...(frames && { stack: frames.join('\n') }) };
}
