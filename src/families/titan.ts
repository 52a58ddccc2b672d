import { number, object, objects } from '../read';
import { completionFamily, grow, itemAt, keep, listed } from './completion';

/** Amazon Titan text. A chunk of a stream is one result with its counts beside it. */
export const titan = completionFamily({
  name: 'titan',
  prompt: (body) => body.inputText,
  parameters: (body) => object(body.textGenerationConfig) ?? {},
  generations: (body) => listed(body.results, 'outputText', 'completionReason'),
  usage(body) {
    const counts = objects(body.results).flatMap((result) => number(result.tokenCount) ?? []);
    const sum = counts.length > 0 ? counts.reduce((total, count) => total + count, 0) : undefined;
    return { input: number(body.inputTextTokenCount), output: number(body.totalOutputTextTokenCount) ?? sum };
  },
  fold(body, chunk) {
    if (typeof chunk.outputText !== 'string') return undefined;
    const result = itemAt(body, 'results', chunk.index);
    keep(result, chunk, ['completionReason']);
    // the total covers every result so far: the latest one stands
    keep(body, chunk, ['inputTextTokenCount', 'totalOutputTextTokenCount']);
    return grow(result, 'outputText', chunk.outputText);
  },
});
