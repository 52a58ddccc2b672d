import { modelIdentity } from './model-id';
import type { Command } from './operations';
import { defined, isObject, number, object, pick, string } from './read';
import type { ErrorField, JsonObject } from './types';
import type { Wire } from './wire';

/** What every span says about its call. */
export function callMetadata(command: Omit<Command, 'input'>, input: JsonObject, signed?: string): JsonObject {
  const model = word(input.modelId);
  const { vendor, inferenceProfile, region } = model ? modelIdentity(model) : {};
  return defined({
    provider: 'aws-bedrock',
    model,
    command: command.name,
    operation: command.operation.name,
    region: signed ?? region,
    vendor,
    inferenceProfile,
  });
}

/** Request id, status and retries, from the output or the error. */
export function outcomeMetadata(output: JsonObject | undefined, error: unknown, wire: Wire): JsonObject {
  const failed = object(error);
  const metadata = object((failed ?? output)?.$metadata);
  // Asked for only where the id is not known: what throws there costs the rest.
  const header = () => (object(object(failed?.$response)?.headers) ?? wire.headers)['x-amzn-requestid'];
  const attempts = number(metadata?.attempts) ?? 1;
  return defined({
    requestId: word(metadata?.requestId) ?? word(header()),
    httpStatus: number(metadata?.httpStatusCode),
    attempts: attempts > 1 ? attempts : undefined,
    totalRetryDelay: attempts > 1 ? number(metadata?.totalRetryDelay) : undefined,
  });
}

/** Ids have at most 2048 characters; what is longer is none. */
const word = (value: unknown) => string(value)?.slice(0, 2048);

/** An error as a row holds it. Anything can be thrown. */
export function errorField(error: unknown): ErrorField {
  if (!isObject(error)) return { name: 'Error', message: String(error) };
  return {
    name: string(error.name) ?? 'Error',
    message: string(error.message) ?? String(error),
    ...pick(error, ['stack', 'originalStatusCode', 'originalMessage']),
  };
}
