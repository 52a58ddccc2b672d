import { readBlocks, readMedia } from '../blocks';
import { defined, isObject, object, objects, pick } from '../read';
import type { JsonObject, Operation } from '../types';

export const applyGuardrail: Operation = {
  name: 'applyGuardrail',
  type: 'task',
  request: (input) => ({
    input: defined({ source: input.source, content: readContent(input.content) }),
    metadata: pick(input, ['guardrailIdentifier', 'guardrailVersion']),
  }),
  response: (output) => ({
    output: pick(output, ['action', 'actionReason', 'outputs', 'assessments', 'guardrailCoverage', 'usage']),
    metadata: defined({ stopReason: output.action, guardrail: output.assessments }),
  }),
};

/** `{ text: { text, qualifiers } }` and images, as typed blocks. */
function readContent(content: unknown): JsonObject[] {
  return objects(content).map((block) => {
    const image = object(block.image);
    if (image) return { type: 'image', image: readMedia('image', image) };
    return isObject(block.text) ? { type: 'text', ...block.text } : (readBlocks([block])[0] ?? block);
  });
}

export const invokeGuardrailChecks: Operation = {
  name: 'invokeGuardrailChecks',
  type: 'task',
  request: (input) => ({
    input: defined({
      messages: objects(input.messages).map(({ role, content }) => ({ role, content: readContent(content) })),
      checks: input.checks,
    }),
  }),
  response: (output) => ({ output: pick(output, ['results', 'usage']), metadata: defined({ guardrail: output.results }) }),
};
