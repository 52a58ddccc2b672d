import { string } from '../read';
import { completionFamily, grow, keep } from './completion';

/** Anthropic's text completions (Claude 2 and Instant). The counts are in headers and invocationMetrics alone. */
export const anthropicText = completionFamily({
  name: 'anthropic-text',
  generations: (body) => (typeof body.completion === 'string' ? [{ text: body.completion, reason: body.stop_reason }] : undefined),
  fold(body, chunk) {
    if (string(chunk.completion) === undefined) return undefined;
    keep(body, chunk, ['stop_reason']);
    return grow(body, 'completion', chunk.completion);
  },
});
