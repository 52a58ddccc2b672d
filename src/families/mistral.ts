import { objects } from '../read';
import { completionFamily, grow, itemAt, keep, listed } from './completion';

/** Mistral's prompt format. Its chat models (Large 2407, Pixtral, Magistral, Voxtral) speak openai-chat. The counts are in headers and invocationMetrics alone. */
export const mistral = completionFamily({
  name: 'mistral',
  generations: (body) => listed(body.outputs, 'text', 'stop_reason'),
  fold(body, chunk) {
    const outputs = objects(chunk.outputs);
    if (!outputs.some((output) => typeof output.text === 'string')) return undefined;
    const pieces = outputs.map((output, position) => {
      const into = itemAt(body, 'outputs', output.index ?? position);
      keep(into, output, ['stop_reason']);
      return grow(into, 'text', output.text);
    });
    return pieces.join('');
  },
});
