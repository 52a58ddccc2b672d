import { isObject, object, objects, string } from '../read';
import type { JsonObject } from '../types';
import { completionFamily, grow, keep } from './completion';

/** Hugging Face's text generation, which marketplace endpoints speak. A stream's chunk is one token; the last one has the details. */
export const huggingFace = completionFamily({
  name: 'hugging-face',
  prompt: (body) => body.inputs,
  parameters: (body) => object(body.parameters) ?? {},
  generations(body) {
    const answers = Array.isArray(body[LIST]) ? objects(body[LIST]) : [body];
    return answers.length > 0 && answers.every(isAnswer)
      ? answers.map((answer) => ({ text: string(answer.generated_text) ?? '', reason: reasonOf(answer) }))
      : undefined;
  },
  fold(body, chunk) {
    const token = object(chunk.token);
    if (!token) return undefined;
    keep(body, chunk, ['details']);
    // end-of-sequence marks are not text
    return grow(body, 'generated_text', token.special === true ? '' : string(token.text));
  },
});

const reasonOf = (body: JsonObject) => object(body.details)?.finish_reason;

const isAnswer = (body: unknown): body is JsonObject => isObject(body) && typeof body.generated_text === 'string';

const LIST = 'generated_texts';

/** A whole answer comes as `[{ generated_text }]`, and families read objects: such a list as one, anything else as it is. */
export const unlisted = (body: unknown): unknown =>
  Array.isArray(body) && body.length > 0 && body.every(isAnswer) ? { [LIST]: body } : body;
