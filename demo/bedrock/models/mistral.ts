import { number, string } from '../../../src/read';
import { type Dialect, emptyPrompt, pieces } from './prompt';

const STOP = { end: 'stop', tool: 'stop', length: 'length' } as const;

/** Mistral's text completions. The body has no token count: usage is in the headers and in the invocation metrics. */
export const mistral: Dialect = {
  read: (body) => {
    const text = string(body.prompt) ?? '';
    return { ...emptyPrompt, text, allText: text, maxTokens: number(body.max_tokens) };
  },
  whole: (reply) => ({ outputs: [{ text: reply.text, stop_reason: STOP[reply.stop] }] }),
  chunks: (reply) => {
    const texts = pieces(reply.text);
    return texts.map((text, index) => ({ outputs: [{ text, stop_reason: index === texts.length - 1 ? STOP[reply.stop] : null }] }));
  },
};
