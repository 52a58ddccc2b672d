import { number, string } from '../../../src/read';
import type { JsonObject } from '../../../src/types';
import { type Dialect, emptyPrompt } from './prompt';

/** Embeddings: Titan (`inputText`, one vector) and Cohere (`texts`, one for each; usage in the headers only). */
export const embedding: Dialect = {
  read: (body) => {
    const text = textsOf(body).join('\n');
    return { ...emptyPrompt, text, allText: text };
  },
  whole: (reply, request) => {
    const vectors = textsOf(request).map((text) => vector(text, number(request.dimensions) ?? 8));
    if (!Array.isArray(request.texts)) return { embedding: vectors[0] ?? [], inputTextTokenCount: reply.usage.input };
    return { id: 'c0ffee', embeddings: vectors, response_type: 'embeddings_floats', texts: request.texts };
  },
  chunks: () => [],
  billed: 'input',
};

function textsOf(body: JsonObject): string[] {
  return Array.isArray(body.texts) ? body.texts.map(String) : [string(body.inputText) ?? ''];
}

/** The same text has the same vector; texts of similar length have similar ones, which is as deep as it goes. */
function vector(text: string, dimensions: number): number[] {
  return Array.from({ length: dimensions }, (_, index) => Number(Math.sin(text.length + index).toFixed(6)));
}
