import { number, object, string } from '../../../src/read';
import { png } from '../png';
import { type Dialect, emptyPrompt } from './prompt';

/** Nova Canvas and Titan Image: base64 PNGs. */
export const canvas: Dialect = {
  read: (body) => {
    const text = string(object(body.textToImageParams)?.text) ?? '';
    return { ...emptyPrompt, text, allText: text };
  },
  whole: (_reply, request) => {
    const count = number(object(request.imageGenerationConfig)?.numberOfImages) ?? 1;
    return {
      images: Array.from({ length: count }, (_, index) => png(16, 16, [32 + index * 60, 120, 200]).toString('base64')),
      error: null,
    };
  },
  chunks: () => [],
  billed: 'none',
};
