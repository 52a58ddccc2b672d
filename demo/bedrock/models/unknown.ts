import { string } from '../../../src/read';
import { type Dialect, emptyPrompt, pieces } from './prompt';

/** A vendor's own shape that nobody knows: a tracer has to do without reading it. */
export const unknown: Dialect = {
  read: (body) => {
    const text = Object.values(body)
      .map((value) => string(value) ?? '')
      .join(' ')
      .trim();
    return { ...emptyPrompt, text, allText: text };
  },
  whole: (reply) => ({ oracle: { says: reply.text, certainty: 0.7 }, took: '12ms' }),
  chunks: (reply) => pieces(reply.text).map((says) => ({ oracle: { says } })),
};
