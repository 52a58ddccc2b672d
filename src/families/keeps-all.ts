import { Binary } from '../binary';
import { isObject, parseJson } from '../read';
import type { Family, Fields, JsonObject } from '../types';

/** Members that name, describe or steer: a body says nothing to a reader in them. */
const WORDS =
  'id|type|types|model|role|object|name|reason|reasons|status|fingerprint|version|tier|format|mode|config|params|usage|metrics|options|kwargs|effort|key|preset|timestamp|truncate|owner|option';
const DESCRIBES = new RegExp(`(?:^|_)(?:${WORDS})$|[a-z](?:${WORDS.replace(/(^|\|)[a-z]/g, (first) => first.toUpperCase())})$`);
const SETTINGS = new Set([
  ...['stop', 'stop_sequences', 'stopSequences', 'stop_sequence', 'user', 'tools', 'tool_choice', 'functions', 'function_call', 'metadata'],
  ...['meta', 'anthropic_beta', 'verbosity', 'modalities', 'audio', 'logit_bias', 'logprobs', 'details', 'parameters'],
  ...['truncate', 'return_likelihoods', 'prompt_truncation', 'citation_quality', 'safety_identifier', 'guided_json', 'guided_regex'],
  ...['guided_choice', 'guided_grammar', 'chat_template', 'extra_body', 'mcp_servers', 'container', 'context_management', 'trace'],
  ...['aspect_ratio', 'quality', 'style', 'sampler', 'mask_source', 'duration', 'resolution', 'preamble_override', 'connectors'],
  ...['obfuscation', 'p', 'matched_stop', 'content_filter_results', 'prompt_filter_results', 'provider', 'stop_details'],
]);

/** What a reader replaces by design: vectors by their count, encrypted blocks by their size, JSON in a text by what it says. */
const REPLACED = new Set(['embedding', 'embeddings', 'embeddingsByType', 'arguments', 'encrypted_content', 'redactedContent', 'tokens']);

const MAX_DEPTH = 24;

/** A response repeats these from its request. */
const REPEATED: ReadonlySet<string> = new Set(['texts', 'documents', 'document', 'prompt', 'chat_history']);
const NONE: ReadonlySet<string> = new Set();

/** An event of a stream that no other format has. */
const isEvent = (body: JsonObject) =>
  typeof body.event_type === 'string' ||
  (typeof body.type === 'string' && /^(?:message|content_block|content|tool-call|citation)[-_]/.test(body.type)) ||
  ['messageStart', 'contentBlockStart', 'contentBlockDelta', 'contentBlockStop', 'messageStop'].some((name) => isObject(body[name]));

/** Whether a family's reading has every text of the bodies: one that only resembles a format says something that the format does not know. */
export function keepsAll(family: Family, request: JsonObject, response: JsonObject): boolean {
  try {
    if (family.recognises(request, {}) && !keeps(request, family.request(request), NONE)) return false;
    if (!family.recognises({}, response) || isEvent(response)) return true;
    const read = (body: JsonObject) => keeps(response, family.response(body, request), REPEATED);
    return read(response) || read(folded(family, response));
  } catch {
    // nesting so deep that a reader ran out of stack
    return true;
  }
}

/** A chunk of a stream as the beginning of an answer. */
function folded(family: Family, chunk: JsonObject): JsonObject {
  const accumulator = family.accumulator();
  accumulator.add(chunk);
  return accumulator.response();
}

function keeps(body: JsonObject, { input, output, metadata }: Fields, repeated: ReadonlySet<string>): boolean {
  const told: Told = (name, holder) => {
    if (REPLACED.has(name) || repeated.has(name) || name.startsWith('amazon-bedrock-')) return false;
    if (name === 'data' && holder.type === 'redacted_thinking') return false;
    return !(DESCRIBES.test(name) || SETTINGS.has(name)) || isProse(holder[name]);
  };
  // what a reader made of it may be deeper
  const texts = textsOf(body, [], 8, told);
  const kept = new Set(textsOf([input, output, metadata], [], 0, () => true));
  let joined: string | undefined;
  let from = 0;
  return texts.every((text) => {
    if (kept.has(text)) return true;
    // several prompts become the lines of one, most likely in their order
    joined ??= `\n${[...kept].join('\n')}\n`;
    const lines = `\n${text}\n`;
    const after = joined.indexOf(lines, from);
    const at = after < 0 ? joined.indexOf(lines) : after;
    if (at >= 0) from = at + lines.length - 1;
    return at >= 0;
  });
}

type Told = (name: string, holder: JsonObject) => boolean;

/** Words in the place of a setting say something. */
const isProse = (value: unknown) => typeof value === 'string' && value.trim().split(/\s+/, 3).length > 2;

/** Every text in a value, but not under a name that is not `told`. */
function textsOf(value: unknown, into: string[], depth: number, told: Told): string[] {
  if (depth > MAX_DEPTH || value === '') return into;
  if (value instanceof Binary) return typeof value.data === 'string' ? textsOf(value.data, into, depth, told) : into;
  // SDXL says so of its images, and the file that stands in the place of a data URL has no more than its base64
  if (typeof value === 'string') {
    const parsed = /^[[{]/.test(value) ? parseJson(value) : value;
    if (typeof parsed === 'object') textsOf(parsed, into, depth + 1, told);
    else if (value !== 'success' && !value.startsWith('data:')) into.push(value);
  } else if (Array.isArray(value)) {
    for (const item of value) if (typeof item !== 'number') textsOf(item, into, depth + 1, told);
  } else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) if (told(name, value)) textsOf(member, into, depth + 1, told);
  }
  return into;
}
