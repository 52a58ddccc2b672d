import { remember } from '../jobs/known';
import { modelIdentity } from '../model-id';
import { defined, object, objects, pick, string } from '../read';
import type { ErrorField, Job, JsonObject, Operation } from '../types';

/*
 * Batch inference, of the control plane (`@aws-sdk/client-bedrock`). The calls are small tasks; what they tell of a job is in `jobs`: the row
 * of the job itself, which any process may write a part of, and what this process has to know to trace the results.
 */

export const createModelInvocationJob: Operation = {
  name: 'createModelInvocationJob',
  type: 'task',
  request: ({ tags, clientRequestToken, ...input }) => ({
    input,
    metadata: { ...jobMetadata(input), ...defined({ clientRequestToken, tags }) },
  }),
  response: ({ jobArn }) => ({ output: { jobArn }, metadata: defined({ invocationArn: jobArn }) }),
  jobs({ jobArn }, input) {
    const key = string(jobArn);
    if (key === undefined) return [];
    const { tags, clientRequestToken } = input;
    const row = jobRow(key, input);
    return [{ ...row, submitted: true, metadata: { ...row.metadata, ...defined({ clientRequestToken, tags }) } }];
  },
};

export const getModelInvocationJob: Operation = {
  name: 'getModelInvocationJob',
  type: 'task',
  request: ({ jobIdentifier }) => ({ input: { jobIdentifier } }),
  response: ({ $metadata, ...job }) => ({
    output: job,
    metadata: defined({ model: job.modelId, invocationArn: job.jobArn, ...jobMetadata(job), jobStatus: job.status, ...stated(job) }),
  }),
  jobs: completions,
};

export const listModelInvocationJobs: Operation = {
  name: 'listModelInvocationJobs',
  type: 'task',
  request: (input) => ({ input }),
  response: ({ $metadata, ...output }) => ({ output }),
  jobs: ({ invocationJobSummaries }) => objects(invocationJobSummaries).flatMap(completions),
};

export const stopModelInvocationJob: Operation = {
  name: 'stopModelInvocationJob',
  type: 'task',
  request: ({ jobIdentifier }) => ({ input: { jobIdentifier } }),
  response: () => ({ output: {} }),
};

/** The states that no other follows, and what went wrong in those that are no success, where AWS has no words for it. */
const FINAL: ReadonlyMap<string, string | undefined> = new Map([
  ['Completed', undefined],
  ['PartiallyCompleted', undefined],
  ['Failed', 'The job failed.'],
  ['Stopped', 'The job was stopped.'],
  ['Expired', 'The job expired before it began.'],
]);

const COUNTS = ['totalRecordCount', 'processedRecordCount', 'successRecordCount', 'errorRecordCount'] as const;

/** What Get, or one summary of List, says of a job that is over. Of another one it is only kept where its results will be. */
function completions(job: JsonObject): Job[] {
  const key = string(job.jobArn);
  if (key === undefined) return [];
  const row = jobRow(key, job);
  const status = string(job.status);
  if (status === undefined || !FINAL.has(status)) return [];
  const error = failure(status, job);
  const end = seconds(job.endTime ?? job.lastModifiedTime);
  return [
    {
      ...row,
      output: defined({ status, s3Uri: resultsUri(key, outputS3Uri(job)), ...pick(job, COUNTS) }),
      metadata: { ...row.metadata, jobStatus: status, ...stated(job) },
      ...(end !== undefined && { end }),
      ...(error && { error }),
    },
  ];
}

/** What Create, Get and List all say of a job, in the same words: their parts of the row may come in any order. */
function jobRow(jobArn: string, job: JsonObject): Job {
  const [model, start] = [modelName(job.modelId), seconds(job.submitTime)];
  const facts = { inputS3Uri: inputS3Uri(job), outputS3Uri: outputS3Uri(job), invocationType: string(job.modelInvocationType) };
  remember(jobArn, { ...facts, model, submitTime: start, endTime: seconds(job.endTime) });
  return {
    key: [jobArn],
    name: 'bedrock.modelInvocationJob',
    type: 'task',
    input: defined({ jobName: job.jobName, s3Uri: facts.inputS3Uri }),
    metadata: {
      ...identity(model),
      ...defined({ provider: 'aws-bedrock', region: modelIdentity(jobArn).region, invocationArn: jobArn }),
      ...jobMetadata(job),
      ...defined({ clientRequestToken: job.clientRequestToken }),
    },
    ...(start !== undefined && { start }),
  };
}

/** The model of a job under one name: who creates a job may give an id where AWS answers with the ARN of the same. */
export const modelName = (id: unknown): string | undefined =>
  string(id)?.replace(/^arn:[^/]*:(?:foundation-model|inference-profile)\//, '');

/** A model and what its name tells. */
export function identity(model: string | undefined): JsonObject {
  const { vendor, inferenceProfile } = model === undefined ? {} : modelIdentity(model);
  return defined({ model, vendor, inferenceProfile });
}

const jobMetadata = (job: JsonObject) =>
  defined({
    jobName: job.jobName,
    modelInvocationType: job.modelInvocationType,
    inputS3Uri: inputS3Uri(job),
    outputS3Uri: outputS3Uri(job),
  });

/** How far it has come, as AWS says. */
const stated = (job: JsonObject) => pick(job, ['submitTime', 'endTime', ...COUNTS]);

function failure(status: string, job: JsonObject): ErrorField | undefined {
  const otherwise = FINAL.get(status);
  return otherwise === undefined ? undefined : { name: `ModelInvocationJob${status}`, message: string(job.message) ?? otherwise };
}

const inputS3Uri = (job: JsonObject) => string(object(object(job.inputDataConfig)?.s3InputDataConfig)?.s3Uri);
const outputS3Uri = (job: JsonObject) => string(object(object(job.outputDataConfig)?.s3OutputDataConfig)?.s3Uri);

/** Where the results are: in a folder by the job's id. */
const resultsUri = (jobArn: string, uri: string | undefined) =>
  uri && `${uri.replace(/\/+$/, '')}/${jobArn.slice(jobArn.lastIndexOf('/') + 1)}/`;

const seconds = (time: unknown) => (time instanceof Date && Number.isFinite(time.getTime()) ? time.getTime() / 1000 : undefined);
