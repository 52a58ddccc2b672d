import { number, object, string } from '../read';
import type { Fields, JsonObject, Metrics, Operation } from '../types';
import { converse } from './converse';
import { invokeModel } from './invoke-model';

/** Nothing is billed: the count stands under a name of its own, which nobody adds to the tokens that were. */
export const countTokens: Operation = {
  name: 'countTokens',
  type: 'task',
  request: (input) => readCounted(object(input.input) ?? {}, string(input.modelId)),
  response: ({ inputTokens }) => ({ output: { inputTokens }, metrics: readCount(number(inputTokens)) }),
};

const readCount = (inputTokens: number | undefined): Metrics => (inputTokens === undefined || inputTokens < 0 ? {} : { inputTokens });

function readCounted(input: JsonObject, modelId: string | undefined): Fields {
  const conversation = object(input.converse);
  if (conversation) return converse.request(conversation);
  const invoke = object(input.invokeModel);
  return invoke ? invokeModel.request({ modelId, body: invoke.body }) : { input };
}
