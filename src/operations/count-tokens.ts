import { defined, number, object, string } from '../read';
import type { JsonObject, Operation } from '../types';
import { readMessages } from './converse';
import { invokeModel } from './invoke-model';

/** Nothing is billed: the count stands under a name of its own, which nobody adds to the tokens that were. */
export const countTokens: Operation = {
  name: 'countTokens',
  type: 'task',
  request: (input) => ({ input: readCounted(object(input.input) ?? {}, string(input.modelId)) }),
  response: ({ inputTokens }) => ({ output: { inputTokens }, metrics: defined({ inputTokens: number(inputTokens) }) }),
};

function readCounted(input: JsonObject, modelId: string | undefined): unknown {
  const converse = object(input.converse);
  if (converse) return readMessages(converse);
  const invoke = object(input.invokeModel);
  return invoke ? invokeModel.request({ modelId, body: invoke.body }).input : input;
}
