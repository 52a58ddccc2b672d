import { isObject, number, string } from '../read';
import type { Family } from '../types';
import { completionFamily, grow, keep } from './completion';
import { imagePart } from './media';

const text = completionFamily({
  name: 'llama',
  generations: (body) => (typeof body.generation === 'string' ? [{ text: body.generation, reason: body.stop_reason }] : undefined),
  usage: (body) => ({ input: number(body.prompt_token_count), output: number(body.generation_token_count) }),
  fold(body, chunk) {
    if (string(chunk.generation) === undefined) return undefined;
    // the prompt's count is in the first chunk alone, the generation's rises
    keep(body, chunk, ['prompt_token_count', 'generation_token_count', 'stop_reason']);
    return grow(body, 'generation', chunk.generation);
  },
});

/** Meta Llama: a prompt, for the multimodal models with a list of base64 images beside it. Imported Llama models speak it too. */
export const llama: Family = {
  ...text,
  request(body, ...rest) {
    const fields = text.request(body, ...rest);
    const images = Array.isArray(body.images)
      ? body.images.filter((image) => typeof image === 'string').map((image) => imagePart(image))
      : [];
    if (images.length === 0 || !Array.isArray(fields.input)) return fields;
    const [message, ...others] = fields.input;
    const content = isObject(message) && Array.isArray(message.content) ? message.content : [];
    return { ...fields, input: [{ role: 'user', content: [...content, ...images] }, ...others] };
  },
};
