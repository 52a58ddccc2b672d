import { object, objects, string } from '../read';
import { completionFamily } from './completion';

/** AI21 Jurassic-2. It does not stream; Jamba, which does, speaks openai-chat. The counts are in headers alone. */
export const ai21 = completionFamily({
  name: 'ai21',
  generations(body) {
    const completions = objects(body.completions).filter(({ data }) => typeof object(data)?.text === 'string');
    if (completions.length === 0) return undefined;
    return completions.map(({ data, finishReason }) => ({
      text: string(object(data)?.text) ?? '',
      reason: object(finishReason)?.reason ?? finishReason,
    }));
  },
  fold(body, chunk) {
    if (!Array.isArray(chunk.completions)) return undefined;
    body.completions = chunk.completions;
    return string(object(objects(chunk.completions)[0]?.data)?.text) ?? '';
  },
});
