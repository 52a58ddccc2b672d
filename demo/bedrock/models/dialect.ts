import { isObject } from '../../../src/read';
import { anthropic } from './anthropic';
import { canvas } from './canvas';
import { cohere } from './cohere';
import { embedding } from './embedding';
import { llama } from './llama';
import { mistral } from './mistral';
import { nova } from './nova';
import { openai } from './openai';
import type { Dialect } from './prompt';
import { titan } from './titan';
import { unknown } from './unknown';

const DIALECTS: [id: RegExp, dialect: Dialect][] = [
  [/^anthropic\./, anthropic],
  [/^amazon\.nova-canvas|^amazon\.titan-image/, canvas],
  [/embed/, embedding],
  [/^amazon\.nova/, nova],
  [/^amazon\.titan/, titan],
  [/^(openai|qwen|deepseek|moonshot)\./, openai],
  [/^meta\./, llama],
  [/^mistral\./, mistral],
  [/^cohere\./, cohere],
];

/** The wire format of a model by its id; of an opaque ARN by what the body looks like. */
export function dialectOf(modelId: string, body: unknown): Dialect {
  const id = plainId(modelId);
  if (id.includes('.')) return DIALECTS.find(([pattern]) => pattern.test(id))?.[1] ?? unknown;
  return isObject(body) && 'anthropic_version' in body ? anthropic : unknown;
}

/** Whether the model always thinks before it answers. */
export const alwaysThinks = (modelId: string) => /^openai\.gpt-oss|^deepseek\.r1/.test(plainId(modelId));

/** Whether this Bedrock has such a model: it has everything that looks like a model id or an ARN. */
export const exists = (modelId: string) => modelId.startsWith('arn:') || modelId.includes('.');

/** The id without the ARN before it and without the region of an inference profile. */
function plainId(modelId: string): string {
  return (modelId.split('/').at(-1) ?? modelId).replace(/^(us|us-gov|eu|apac|jp|au|ca|global)\./, '');
}
