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
const TYPES = /^((server|mcp|web_search|web_fetch|code_execution|redacted|image)_)?(tool_use|tool_result|thinking|message|url|base64)$/;
/** Members whose numbers measure and do not tell. */
const MEASURES = new Set('count output_dimensions inputTokens responses'.split(' '));
/** Members with keys of the user's own making: only their size says nothing about them. */
const FREE_FORM = new Set(['input', 'arguments', 'json', 'modelInput', 'citations', 'assessments', 'documents', 'results', 'outputs']);

const METADATA = new Set(
  (
    'provider model command operation region vendor inferenceProfile maxTokens temperature topP topK guardrailIdentifier guardrailVersion ' +
    'performanceConfig serviceTier contentType accept trace stopReason requestId httpStatus attempts totalRetryDelay responseModel ' +
    'cacheDetails streamStatus invocationArn jobStatus submitTime endTime modelInvocationType totalRecordCount processedRecordCount ' +
    'successRecordCount errorRecordCount'
  ).split(' '),
);

const isNumber = (value: unknown) => typeof value === 'number';
const STOP_REASONS = new RegExp(
  `^(${[
    'end_turn|tool_use|max_tokens|stop_sequence|guardrail_intervened|content_filtered|malformed_(model_output|tool_use)|refusal|pause_turn',
    'model_context_window_exceeded|stop|length|tool_calls|function_call|content_filter|complete|error(_toxic|_limit)?|finish|endoftext|eos',
    'user_cancel|none|interrupted|partial_turn|success|blocked|intervened',
  ].join('|')})$`,
  'i',
);
/** Members of metadata that come from a body, where anything may stand under these names. */
const MEMBERS: ReadonlyMap<string, (value: unknown) => boolean> = new Map<string, (value: unknown) => boolean>([
  ['maxTokens', isNumber],
  ['temperature', isNumber],
  ['topP', isNumber],
  ['topK', isNumber],
  ['stopReason', (value) => typeof value === 'string' && STOP_REASONS.test(value)],
  ['responseModel', (value) => typeof value === 'string' && value.startsWith('arn:')],
]);

export function withoutContent(fields: Fields): Fields {
  const { input, output, metadata, ...rest } = fields;
  return {
    ...rest,
    ...(input !== undefined && { input: structure(input) }),
    ...(output !== undefined && { output: structure(output) }),
    ...(metadata && { metadata: withoutText(metadata) }),
  };
}

function structure(value: unknown, key = '', depth = 0): unknown {
  if (typeof value === 'string') return isWord(value, key) ? value : { length: value.length };
  if (Array.isArray(value)) return value.map((item) => structure(item, key, depth));
  if (!isObject(value)) return value === null || typeof value === 'boolean' ? value : undefined;
  if (isSummary(value)) return value;
  const kept: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    if (!STRUCTURE.has(name)) continue;
    const shown = isMeasure(name, member, depth) ? member : isFree(name, member) ? size(member) : structure(member, name, depth + 1);
    if (shown !== undefined) kept[name] = shown;
  }
  return kept;
}

/** A number at the top of a field, as `{ count: 3 }` of embeddings: deeper down it may be anybody's. */
const isMeasure = (name: string, value: unknown, depth: number) => depth === 0 && typeof value === 'number' && MEASURES.has(name);

/** What stands in the place of a file. */
const isSummary = (value: JsonObject) =>
  Object.keys(value).length > 0 && Object.entries(value).every(([name, member]) => SUMMARY.get(name)?.(member));
const SUMMARY: ReadonlyMap<string, (value: unknown) => boolean> = new Map<string, (value: unknown) => boolean>([
  ['byteLength', (value) => typeof value === 'number'],
  ['contentType', (value) => typeof value === 'string' && isWord(value, 'contentType')],
]);

/** A message list, or a tool's arguments? Only the latter have keys that are somebody's own. */
const isFree = (name: string, value: unknown) => FREE_FORM.has(name) && !(name === 'input' && Array.isArray(value));
const size = (value: unknown) => (Array.isArray(value) ? { count: value.length } : { length: JSON.stringify(value)?.length ?? 0 });

function isWord(value: string, key: string): boolean {
  if (key === 'type') return STRUCTURE.has(value) || TYPES.test(value);
  return WORDS.get(key)?.test(value) === true;
}

function withoutText(metadata: JsonObject): JsonObject {
  const kept = Object.entries(metadata).filter(([name, value]) => METADATA.has(name) && (MEMBERS.get(name)?.(value) ?? true));
  const { tools, stopSequences } = metadata;
  return {
    ...Object.fromEntries(kept),
    ...(Array.isArray(tools) && { tools: objects(tools).map(({ type }) => (type === 'function' ? { type } : {})) }),
    ...(Array.isArray(stopSequences) && { stopSequences: { length: stopSequences.length } }),
  };
}

/** An error's kind and where it was thrown; not its message, which quotes what it complains of. */
export function errorWithoutContent({ name, message, stack }: { name: string; message: string; stack?: string }): JsonObject {
  // The stack begins with the message, which may have lines that look like frames.
  const start = stack?.indexOf(message) ?? -1;
  const below = start < 0 ? stack : stack?.slice(start + message.length);
  const frames = below?.split('\n').filter((line) => /^ {4}at /.test(line));
  return { name, message: { length: message.length }, ...(frames && { stack: frames.join('\n') }) };
}
