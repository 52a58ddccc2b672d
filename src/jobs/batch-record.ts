import { nova } from '../families/nova';
import { modelIdentity } from '../model-id';
import { identity, modelName } from '../operations/batch';
import { converse } from '../operations/converse';
import { invokeModel } from '../operations/invoke-model';
import { defined, isObject, number, object, string } from '../read';
import type { ErrorField, Fields, JsonObject } from '../types';

/** The job that records belong to, as far as it is known. */
export interface RecordJob {
  jobArn: string;
  model?: string | undefined;
  /** `InvokeModel` or `Converse`. */
  invocationType?: string | undefined;
}

/** One record of a batch, read as the call would have been that it stands for. */
export interface RecordRow {
  recordId: string;
  name: string;
  fields: Fields;
  error?: ErrorField;
}

/**
 * Reads `{ recordId, modelInput, modelOutput | error }`; `undefined` for what is no such record, or has neither an answer nor an error.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html
 */
export function readRecord(record: unknown, job: RecordJob): RecordRow | undefined {
  const recordId = isObject(record) ? string(record.recordId) : undefined;
  if (!isObject(record) || !recordId) return undefined;
  const [answered, failed] = [object(record.modelOutput), object(record.error)];
  if (!answered && !failed) return undefined;
  const model = modelName(job.model);
  const isConverse = speaksConverse(model, job.invocationType, object(record.modelInput) ?? {}, answered ?? {});
  const { request, response } = isConverse ? readConverse(record) : readBodies(record, model);
  const fields: Fields = {
    input: response?.input ?? request.input,
    output: response?.output,
    metadata: {
      ...identity(model),
      ...defined({ provider: 'aws-bedrock', region: modelIdentity(job.jobArn).region, invocationArn: job.jobArn }),
      ...request.metadata,
      ...response?.metadata,
      recordId,
    },
    metrics: { ...response?.metrics },
  };
  return { recordId, name: isConverse ? 'bedrock.converse' : 'bedrock.invokeModel', fields, ...(failed && { error: readError(failed) }) };
}

interface Halves {
  request: Fields;
  response?: Fields;
}

function readConverse({ modelInput, modelOutput }: JsonObject): Halves {
  const [asked, answered] = [object(modelInput) ?? {}, object(modelOutput)];
  return { request: converse.request(asked), ...(answered && { response: converse.response(answered, asked, {}) }) };
}

/** The bodies are what InvokeModel sends and answers, as JSON and not as bytes. */
function readBodies({ modelInput, modelOutput }: JsonObject, modelId: string | undefined): Halves {
  const call = { modelId, body: modelInput };
  return {
    request: invokeModel.request(call),
    ...(isObject(modelOutput) && { response: invokeModel.response({ body: modelOutput }, call, {}) }),
  };
}

/** As AWS says where this process has asked it, else by the bodies: Converse's are those of Nova, but for the latency, and any model's. */
function speaksConverse(model: string | undefined, type: string | undefined, asked: JsonObject, answered: JsonObject): boolean {
  if (type !== undefined) return type === 'Converse';
  if (!nova.recognises(asked, answered)) return false;
  const { vendor } = model === undefined ? {} : modelIdentity(model);
  return number(object(answered.metrics)?.latencyMs) !== undefined || (vendor !== undefined && vendor !== 'amazon');
}

function readError({ errorCode, errorMessage }: JsonObject): ErrorField {
  const status = number(errorCode);
  return {
    name: 'ModelInvocationRecordFailed',
    message: string(errorMessage) ?? `The record failed${errorCode === undefined ? '' : ` (${String(errorCode)})`}.`,
    ...(status !== undefined && { originalStatusCode: status }),
  };
}
