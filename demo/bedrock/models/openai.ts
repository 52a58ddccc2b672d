import { number, object, objects, string } from '../../../src/read';
import type { JsonObject } from '../../../src/types';
import { type Dialect, idOf, jsonPieces, type Prompt, pieces, type Reply, tool } from './prompt';

const STOP = { end: 'stop', tool: 'tool_calls', length: 'length' } as const;

/** OpenAI chat completions, with the thoughts of a reasoning model in `reasoning`. */
export const openai: Dialect = { read, whole, chunks, metricsApart: true };

function read(body: JsonObject): Prompt {
  const messages = objects(body.messages);
  return {
    text:
      messages
        .filter(({ role }) => role === 'user')
        .map(textOf)
        .at(-1) ?? '',
    tools: objects(body.tools).flatMap((entry) => {
      const declaration = object(entry.function);
      return tool(declaration, declaration?.parameters);
    }),
    toolResults: messages.at(-1)?.role === 'tool' ? 1 : 0,
    images: messages.flatMap(({ content }) => objects(content)).filter(({ type }) => type === 'image_url').length,
    thinking: body.reasoning_effort !== undefined,
    cacheable: '',
    allText: messages.map(textOf).join('\n'),
    maxTokens: number(body.max_completion_tokens) ?? number(body.max_tokens),
  };
}

function whole(reply: Reply): JsonObject {
  const message = {
    role: 'assistant',
    content: reply.text,
    ...(reply.reasoning ? { reasoning: reply.reasoning } : {}),
    ...(reply.toolUses.length > 0 ? { tool_calls: reply.toolUses.map((use) => call(use, JSON.stringify(use.input))) } : {}),
  };
  return {
    ...envelope(reply, 'chat.completion'),
    choices: [{ index: 0, message, finish_reason: STOP[reply.stop] }],
    usage: usage(reply),
  };
}

function* chunks(reply: Reply): Generator<JsonObject> {
  const piece = (delta: JsonObject, finish: string | null = null) => ({
    ...envelope(reply, 'chat.completion.chunk'),
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  yield piece({ role: 'assistant', content: '' });
  for (const reasoning of pieces(reply.reasoning)) yield piece({ reasoning });
  for (const content of pieces(reply.text)) yield piece({ content });
  for (const [index, use] of reply.toolUses.entries()) {
    yield piece({ tool_calls: [{ index, ...call(use, '') }] });
    for (const text of jsonPieces(use.input)) yield piece({ tool_calls: [{ index, function: { arguments: text } }] });
  }
  yield { ...piece({}, STOP[reply.stop]), usage: usage(reply) };
}

function envelope(reply: Reply, kind: string): JsonObject {
  return { id: idOf('chatcmpl-', reply), object: kind, created: 1_760_000_000, model: 'openai.gpt-oss-120b-1:0' };
}

function call({ id, name }: Reply['toolUses'][number], args: string): JsonObject {
  return { id: id.replace('tooluse_', 'call_'), type: 'function', function: { name, arguments: args } };
}

function usage({ usage, reasoning }: Reply): JsonObject {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    ...(reasoning ? { completion_tokens_details: { reasoning_tokens: Math.ceil(reasoning.length / 4) } } : {}),
  };
}

function textOf({ content }: JsonObject): string {
  return (
    string(content) ??
    objects(content)
      .map(({ text }) => string(text) ?? '')
      .join(' ')
  );
}
