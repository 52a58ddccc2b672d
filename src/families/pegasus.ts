import { object, string } from '../read';
import type { Family } from '../types';
import { completionFamily, grow, keep } from './completion';
import { filePart } from './media';

const text = completionFamily({
  name: 'pegasus',
  prompt: (body) => body.inputPrompt,
  // an error has a `message` too, but no reason why it ended
  generations: (body) =>
    typeof body.message === 'string' && body.finishReason !== undefined ? [{ text: body.message, reason: body.finishReason }] : undefined,
  fold(body, chunk) {
    if (string(chunk.message) === undefined && string(chunk.finishReason) === undefined) return undefined;
    body.finishReason ??= null;
    keep(body, chunk, ['finishReason']);
    return grow(body, 'message', chunk.message);
  },
});

/** TwelveLabs Pegasus: a prompt about one video. */
export const pegasus: Family = {
  ...text,
  recognises: (request, response) =>
    typeof request.inputPrompt === 'string' || (typeof response.message === 'string' && response.finishReason !== undefined),
  request(body) {
    const source = object(body.mediaSource) ?? {};
    const media = string(source.base64String) ?? string(object(source.s3Location)?.uri);
    const prompt = string(body.inputPrompt) ?? '';
    const content = [{ type: 'text', text: prompt }, ...(media === undefined ? [] : [filePart(media)])];
    return { ...text.request(body), input: [{ role: 'user', content }] };
  },
};
