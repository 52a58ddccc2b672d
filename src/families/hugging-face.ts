import { object, string } from '../read';
import type { JsonObject } from '../types';
import { completionFamily, grow, keep } from './completion';

/** Hugging Face's text generation, which marketplace endpoints speak. A stream's chunk is one token; the last one has the details. */
export const huggingFace = completionFamily({
  name: 'hugging-face',
  prompt: (body) => body.inputs,
  parameters: (body) => object(body.parameters) ?? {},
  generations: (body) => (typeof body.generated_text === 'string' ? [{ text: body.generated_text, reason: reasonOf(body) }] : undefined),
  fold(body, chunk) {
    const token = object(chunk.token);
    if (!token) return undefined;
    keep(body, chunk, ['details']);
    // end-of-sequence marks are not text
    return grow(body, 'generated_text', token.special === true ? '' : string(token.text));
  },
});

const reasonOf = (body: JsonObject) => object(body.details)?.finish_reason;
