import { number, object, objects, put, string } from '../read';
import { tokenMetrics, type Usage } from '../tokens';
import type { Accumulator, Family, Fields, JsonObject } from '../types';
import { CohereStream } from './cohere-stream';
import { CohereV2Stream, isV2Event, isV2Request, isV2Response } from './cohere-v2';
import { openaiChat, readMessage } from './openai-chat';
import { readParameters, readTools } from './parameters';

/** Cohere Command R: a message with its history, documents and tool results; an answer with tool calls and citations. */
export const cohereChat: Family = {
  name: 'cohere-chat',
  recognises: (request, response) => isRequest(request) || isResponse(response),
  request(body) {
    if (isV2Request(body)) return readV2Request(body);
    const preamble = string(body.preamble);
    return {
      input: [
        ...(preamble === undefined ? [] : [{ role: 'system', content: texts(preamble) }]),
        ...objects(body.chat_history).map(readTurn),
        ...readNow(body),
      ],
      metadata: put(readParameters(body), readTools(body.tools, body.tool_choice)),
    };
  },
  response(body) {
    const message = isV2Response(body) ? object(body.message) : undefined;
    const stopReason = string(body.finish_reason);
    return {
      output: [message ? readV2(message) : { role: 'assistant', content: readAnswer(body) }],
      metadata: stopReason === undefined ? {} : { stopReason },
      metrics: tokenMetrics(readUsage(object(body.meta) ?? object(body.usage) ?? {})),
    };
  },
  accumulator: () => new EitherStream(),
};

/** The first event tells which of the two formats a stream is in. */
class EitherStream implements Accumulator {
  #stream: Accumulator | undefined;

  add(event: JsonObject): boolean {
    this.#stream ??= isV2Event(event) ? new CohereV2Stream() : new CohereStream();
    return this.#stream.add(event);
  }

  response(): JsonObject {
    return (this.#stream ?? new CohereStream()).response();
  }

  complete(): boolean {
    return this.#stream?.complete() ?? false;
  }
}

/** The second format speaks OpenAI's messages, with documents beside them. */
function readV2Request(body: JsonObject): Fields {
  const fields = openaiChat.request(body);
  const documents = (Array.isArray(body.documents) ? body.documents : []).map((document) => ({ type: 'document', document }));
  const messages = objects(fields.input);
  const asked = messages.findLastIndex(({ role }) => role === 'user');
  if (documents.length === 0 || asked < 0)
    return { ...fields, input: documents.length === 0 ? messages : [...messages, { role: 'user', content: documents }] };
  const input = messages.map((message, index) =>
    index === asked
      ? { ...message, content: [...(Array.isArray(message.content) ? message.content : texts(string(message.content))), ...documents] }
      : message,
  );
  return { ...fields, input };
}

/** Empty lists say nothing. */
const readV2 = (message: JsonObject): JsonObject =>
  readMessage({
    role: 'assistant',
    ...Object.fromEntries(Object.entries(message).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0))),
  });

const isRequest = (body: JsonObject) => isV2Request(body) || (typeof body.message === 'string' && !Array.isArray(body.messages));

function isResponse(body: JsonObject): boolean {
  if (typeof body.event_type === 'string' || isV2Event(body) || isV2Response(body)) return true;
  // a piece of Command's has a `text` and a reason, too
  if (body.is_finished !== undefined) return false;
  return (
    typeof body.text === 'string' &&
    ['generation_id', 'response_id', 'chat_history', 'finish_reason', 'tool_calls', 'citations'].some((name) => body[name] !== undefined)
  );
}

/** What is billed is what Bedrock counts in headers and invocationMetrics; `tokens` adds Cohere's own preamble (5 and 71 for one short question). */
function readUsage(meta: JsonObject): Usage {
  const counts = object(meta.billed_units) ?? object(meta.tokens) ?? {};
  return { input: number(counts.input_tokens), output: number(counts.output_tokens) };
}

const texts = (text: string | undefined): JsonObject[] => (text ? [{ type: 'text', text }] : []);

const ROLES: Readonly<Record<string, string>> = { USER: 'user', CHATBOT: 'assistant', SYSTEM: 'system', TOOL: 'tool' };

function readTurn(turn: JsonObject): JsonObject {
  const role = string(turn.role) ?? 'user';
  return {
    role: Object.hasOwn(ROLES, role) ? ROLES[role] : role.toLowerCase(),
    content: [...texts(string(turn.message)), ...objects(turn.tool_calls).map(readCall), ...objects(turn.tool_results).map(readResult)],
  };
}

/** The turn that the call asks about: tool results come as a message of their own, documents with the user's. */
function readNow(body: JsonObject): JsonObject[] {
  const results = objects(body.tool_results).map(readResult);
  const documents = Array.isArray(body.documents) ? body.documents.map((document) => ({ type: 'document', document })) : [];
  const message = string(body.message) ?? '';
  const asked = message === '' && results.length > 0 ? documents : [{ type: 'text', text: message }, ...documents];
  return [
    ...(asked.length > 0 ? [{ role: 'user', content: asked }] : []),
    ...(results.length > 0 ? [{ role: 'tool', content: results }] : []),
  ];
}

function readAnswer(body: JsonObject): JsonObject[] {
  const calls = objects(body.tool_calls).map(readCall);
  const text = string(body.text) ?? '';
  const citations = Array.isArray(body.citations) && body.citations.length > 0 ? { citations: body.citations } : {};
  const queries =
    Array.isArray(body.search_queries) && body.search_queries.length > 0
      ? [{ type: 'search_queries', search_queries: body.search_queries }]
      : [];
  const written = text === '' && (calls.length > 0 || queries.length > 0) ? [] : [{ type: 'text', text, ...citations }];
  return [...written, ...calls, ...queries];
}

/** Cohere's calls have no ids: a result repeats the call that it answers. */
const readCall = (call: JsonObject): JsonObject => ({
  type: 'tool_use',
  ...(call.id !== undefined && { id: call.id }),
  name: call.name,
  input: call.parameters ?? {},
});

function readResult(result: JsonObject): JsonObject {
  const call = object(result.call) ?? {};
  return { type: 'tool_result', name: call.name, input: call.parameters, content: result.outputs };
}
