import { number, string } from '../../../src/read';
import type { JsonObject } from '../../../src/types';
import { type Dialect, emptyPrompt, pieces, type Reply } from './prompt';

const STOP = { end: 'stop', tool: 'stop', length: 'length' } as const;

/** Llama. Only the first chunk has the prompt's token count. */
export const llama: Dialect = {
  read: (body) => {
    const text = string(body.prompt) ?? '';
    return { ...emptyPrompt, text, allText: text, maxTokens: number(body.max_gen_len) };
  },
  whole: (reply) => ({
    generation: reply.text,
    prompt_token_count: reply.usage.input,
    generation_token_count: reply.usage.output,
    stop_reason: STOP[reply.stop],
  }),
  chunks,
};

function chunks(reply: Reply): JsonObject[] {
  const texts = pieces(reply.text);
  return texts.map((generation, index) => ({
    generation,
    prompt_token_count: index === 0 ? reply.usage.input : null,
    generation_token_count: Math.ceil(((index + 1) / texts.length) * reply.usage.output),
    stop_reason: index === texts.length - 1 ? STOP[reply.stop] : null,
  }));
}
