import { objects, string } from '../read';
import { completionFamily, grow, itemAt, keep, listed } from './completion';

/** Cohere Command (the prompt format). The counts are in headers and invocationMetrics alone. */
export const cohereCommand = completionFamily({
  name: 'cohere-command',
  generations(body) {
    const generations = listed(body.generations, 'text', 'finish_reason');
    // a stream's last chunk may give one reason for all
    return generations?.map(({ text, reason }) => ({ text, reason: string(reason) ?? body.finish_reason }));
  },
  fold(body, chunk) {
    // with `stream: false` in its body, or on older models, a stream is the whole answer in one chunk
    if (Array.isArray(chunk.generations)) {
      const pieces = objects(chunk.generations).map((generation, position) => {
        const into = itemAt(body, 'generations', generation.index ?? position);
        keep(into, generation, ['finish_reason']);
        return grow(into, 'text', generation.text);
      });
      return pieces.join('');
    }
    if (typeof chunk.is_finished !== 'boolean' || chunk.event_type !== undefined) return undefined;
    const generation = itemAt(body, 'generations', chunk.index);
    keep(typeof chunk.index === 'number' ? generation : body, chunk, ['finish_reason']);
    return grow(generation, 'text', chunk.text);
  },
});
