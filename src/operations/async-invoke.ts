import { unknown } from '../families/unknown';
import { modelIdentity } from '../model-id';
import { defined, object, objects, seconds, string } from '../read';
import type { Fields, Job, JsonObject, Operation } from '../types';

export const startAsyncInvoke: Operation = {
  name: 'startAsyncInvoke',
  type: 'task',
  request: (input) => ({
    input: { modelInput: unknown.request(object(input.modelInput) ?? {}).input, outputDataConfig: input.outputDataConfig },
    metadata: defined({ outputS3Uri: outputS3Uri(input), clientRequestToken: input.clientRequestToken, tags: input.tags }),
  }),
  response: ({ invocationArn }) => ({ output: { invocationArn }, metadata: defined({ invocationArn }) }),
  jobs({ invocationArn }, input) {
    if (typeof invocationArn !== 'string') return [];
    const { clientRequestToken, tags } = input;
    const metadata = { ...identity(invocationArn, string(input.modelId)), ...defined({ clientRequestToken, tags }) };
    return [{ ...jobOf(invocationArn), submitted: true, input: startAsyncInvoke.request(input).input, metadata }];
  },
};

export const getAsyncInvoke: Operation = {
  name: 'getAsyncInvoke',
  type: 'task',
  request: ({ invocationArn }) => ({ input: { invocationArn }, metadata: defined({ invocationArn }) }),
  response: readJob,
  jobs: (output) => completed([output]),
};

export const listAsyncInvokes: Operation = {
  name: 'listAsyncInvokes',
  type: 'task',
  request: (input) => ({ input }),
  response: (output) => ({
    output: { asyncInvokeSummaries: objects(output.asyncInvokeSummaries), ...defined({ nextToken: output.nextToken }) },
  }),
  jobs: (output) => completed(objects(output.asyncInvokeSummaries)),
};

const outputS3Uri = (job: JsonObject) => string(object(object(job.outputDataConfig)?.s3OutputDataConfig)?.s3Uri);

function readJob({ $metadata, ...job }: JsonObject): Fields {
  return { output: job, metadata: defined({ model: string(job.modelArn), ...told(job) }) };
}

const told = (job: JsonObject) => ({
  jobStatus: job.status,
  invocationArn: job.invocationArn,
  outputS3Uri: outputS3Uri(job),
  clientRequestToken: job.clientRequestToken,
  submitTime: job.submitTime,
  endTime: job.endTime,
});

/** What whoever submits a job and whoever sees its end say alike: the model by its id, though one knows it by its ARN. */
function identity(invocationArn: string, model: string | undefined): JsonObject {
  const { vendor, model: id } = model === undefined ? {} : modelIdentity(model);
  return defined({ provider: 'aws-bedrock', model: id ?? model, vendor, region: modelIdentity(invocationArn).region, invocationArn });
}

/** The row of a job, which whoever submits it and whoever sees its end write together. */
const jobOf = (invocationArn: string) => ({ key: [invocationArn] as const, name: 'bedrock.asyncInvoke', type: 'llm' as const });

/**
 * What is final of these jobs: nothing that a later look could have to take back. All that it says comes from AWS, so that everybody who looks
 * says the same.
 */
function completed(jobs: JsonObject[]): Job[] {
  return jobs.flatMap((job) => {
    const { invocationArn, status } = job;
    if (typeof invocationArn !== 'string' || (status !== 'Completed' && status !== 'Failed')) return [];
    return [
      {
        ...jobOf(invocationArn),
        ...defined({ start: seconds(job.submitTime), end: seconds(job.endTime) }),
        ...(status === 'Completed' && { output: { outputDataConfig: job.outputDataConfig } }),
        metadata: { ...identity(invocationArn, string(job.modelArn)), ...defined(told(job)) },
        ...(status === 'Failed' && {
          error: { name: 'AsyncInvokeFailed', message: string(job.failureMessage) ?? 'The invocation failed.' },
        }),
      },
    ];
  });
}
