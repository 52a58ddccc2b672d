import { isObject, object, objects, parseJson, string } from '../src/read';
import type { JsonObject } from '../src/types';

/** What a person wants to see first of a span's input: what was asked last. */
export function inputGist(value: unknown): string {
  const messages = objects(value);
  const last = messages.at(-1);
  return oneLine(last && 'role' in last ? messageGist(last) : valueGist(value));
}

/** What a person wants to see first of a span's output: the tools that the answer calls, else its text. */
export function outputGist(value: unknown): string {
  const last = objects(value).at(-1);
  return oneLine(last && 'role' in last ? messageGist(last) : valueGist(value));
}

function messageGist(message: JsonObject): string {
  const blocks = typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : objects(message.content);
  const calls = blocks.filter(({ type }) => type === 'tool_use').map(({ name, input }) => `${string(name)}(${members(input)})`);
  const chatCalls = objects(message.tool_calls).map((call) => {
    const { name, arguments: args } = object(call.function) ?? {};
    return `${string(name)}(${members(parseJson(string(args) ?? ''))})`;
  });
  const called = [...calls, ...chatCalls];
  return called.length > 0 ? called.join(' ') : contentGist(blocks) || (blocks.length > 0 ? '(only reasoning)' : '');
}

function contentGist(blocks: JsonObject[]): string {
  return blocks
    .filter(({ type }) => type !== 'reasoning' && type !== 'thinking')
    .map(blockGist)
    .filter((gist) => gist !== '')
    .join(' ');
}

function blockGist(block: JsonObject): string {
  const text = string(block.text) ?? string(object(block.text)?.text);
  if (text !== undefined) return text;
  if (block.type === 'tool_result')
    return `[result] ${typeof block.content === 'string' ? block.content : contentGist(objects(block.content))}`;
  return 'json' in block ? valueGist(block.json) : mediaGist(block);
}

/** A file is drawn by what it is, not by where it is kept. */
function mediaGist(value: JsonObject): string {
  const type = /"(?:content_type|contentType)":"([^"]+)"/.exec(JSON.stringify(value))?.[1];
  return `[${type ?? string(value.type) ?? Object.keys(value)[0] ?? ''}]`;
}

/** Anything that is not chat: the words in it where there are any, else its members. */
function valueGist(value: unknown): string {
  if (!isObject(value)) return plain(value, 0);
  if (value.type === 'braintrust_attachment') return mediaGist(value);
  if (Array.isArray(value.messages)) return messageGist(objects(value.messages).at(-1) ?? {});
  if (typeof value.prompt === 'string') return value.prompt;
  if (Array.isArray(value.content)) return contentGist(objects(value.content));
  if (Array.isArray(value.inputs)) return contentGist(objects(value.inputs).map(({ content }) => ({ text: plain(content, 0) })));
  if (isObject(value.modelInput)) return wordsIn(value.modelInput) ?? `{ ${members(value.modelInput)} }`;
  if (typeof value.action === 'string') return [value.action, contentGist(objects(value.outputs))].join(' ').trim();
  const job = string(value.invocationArn)?.split('/').at(-1);
  return job === undefined ? `{ ${members(value)} }` : (string(value.status) ?? `job ${job}`);
}

/** The members of an object as one would write them in code, without quotes around the names. */
function members(value: unknown, depth = 0): string {
  if (!isObject(value)) return plain(value, depth);
  const entries = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
  return entries.map(([name, member]) => `${name}: ${plain(member, depth + 1)}`).join(', ');
}

/** A gist is not a dump: what is nested deeper is only counted. */
function plain(value: unknown, depth: number): string {
  if (typeof value === 'string') return depth === 0 ? value : JSON.stringify(value);
  if (isObject(value)) return depth > 2 ? '{…}' : `{ ${members(value, depth)} }`;
  if (!Array.isArray(value)) return value === undefined || value === null ? '' : String(value);
  return value.some(isObject) && depth > 0
    ? `[${value.length} ${value.length === 1 ? 'item' : 'items'}]`
    : value.map((item) => plain(item, depth)).join(', ');
}

/** The first `text` or `prompt` in what a media model is asked for. */
function wordsIn(value: JsonObject): string | undefined {
  const own = string(value.text) ?? string(value.prompt);
  if (own !== undefined) return own;
  for (const member of Object.values(value)) {
    const found = isObject(member) ? wordsIn(member) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** White space becomes one space; control characters (an answer may have escape codes in it) go. */
function oneLine(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '')
    .trim();
}
