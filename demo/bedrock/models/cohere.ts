import { number, string } from '../../../src/read';
import type { JsonObject } from '../../../src/types';
import { type Dialect, emptyPrompt, idOf, pieces, type Reply } from './prompt';

const STOP = { end: 'COMPLETE', tool: 'COMPLETE', length: 'MAX_TOKENS' } as const;

/** Cohere Command (`prompt`) and Command R (`message`). The body has no token count: usage is in the headers and the invocation metrics. */
export const cohere: Dialect = {
  read: (body) => {
    const text = string(body.message) ?? string(body.prompt) ?? '';
    return { ...emptyPrompt, text, allText: text, maxTokens: number(body.max_tokens) };
  },
  whole: (reply, request) => ('message' in request ? chat(reply, request) : generations(reply, request)),
  chunks: (reply, request) => ('message' in request ? chatEvents(reply, request) : generationChunks(reply)),
};

function generations(reply: Reply, request: JsonObject): JsonObject {
  const id = idOf('', reply);
  return { generations: [{ finish_reason: STOP[reply.stop], id, text: reply.text }], id, prompt: request.prompt };
}

function chat(reply: Reply, request: JsonObject): JsonObject {
  return {
    response_id: idOf('', reply),
    generation_id: idOf('gen-', reply),
    text: reply.text,
    finish_reason: STOP[reply.stop],
    chat_history: [
      { role: 'USER', message: request.message },
      { role: 'CHATBOT', message: reply.text },
    ],
  };
}

function* generationChunks(reply: Reply): Generator<JsonObject> {
  for (const text of pieces(reply.text)) yield { index: 0, is_finished: false, text };
  yield { finish_reason: STOP[reply.stop], is_finished: true };
}

function* chatEvents(reply: Reply, request: JsonObject): Generator<JsonObject> {
  yield { is_finished: false, event_type: 'stream-start', generation_id: idOf('gen-', reply) };
  for (const text of pieces(reply.text)) yield { is_finished: false, event_type: 'text-generation', text };
  yield { is_finished: true, event_type: 'stream-end', finish_reason: STOP[reply.stop], response: chat(reply, request) };
}
