import { number, object, string } from '../../../src/read';
import type { JsonObject } from '../../../src/types';
import { type Dialect, emptyPrompt, type Reply } from './prompt';

const STOP = { end: 'FINISH', tool: 'FINISH', length: 'LENGTH' } as const;

/** Titan Text. Its stream is often one single chunk. */
export const titan: Dialect = {
  read: (body) => {
    const text = string(body.inputText) ?? '';
    return { ...emptyPrompt, text, allText: text, maxTokens: number(object(body.textGenerationConfig)?.maxTokenCount) };
  },
  whole: (reply) => ({
    inputTextTokenCount: reply.usage.input,
    results: [{ tokenCount: reply.usage.output, outputText: reply.text, completionReason: STOP[reply.stop] }],
  }),
  chunks: (reply) => [chunk(reply)],
};

function chunk(reply: Reply): JsonObject {
  return {
    outputText: reply.text,
    index: 0,
    totalOutputTextTokenCount: reply.usage.output,
    completionReason: STOP[reply.stop],
    inputTextTokenCount: reply.usage.input,
  };
}
