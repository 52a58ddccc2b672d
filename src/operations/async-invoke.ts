import { unknown } from '../families/unknown';
import { defined, object, objects, string } from '../read';
import type { Fields, JsonObject, Operation } from '../types';

export const startAsyncInvoke: Operation = {
  name: 'startAsyncInvoke',
  type: 'task',
  request: (input) => ({
    input: { modelInput: unknown.request(object(input.modelInput) ?? {}).input, outputDataConfig: input.outputDataConfig },
    metadata: defined({ outputS3Uri: outputS3Uri(input), clientRequestToken: input.clientRequestToken, tags: input.tags }),
  }),
  response: ({ invocationArn }) => ({ output: { invocationArn }, metadata: defined({ invocationArn }) }),
};

export const getAsyncInvoke: Operation = {
  name: 'getAsyncInvoke',
  type: 'task',
  request: ({ invocationArn }) => ({ input: { invocationArn }, metadata: defined({ invocationArn }) }),
  response: readJob,
};

export const listAsyncInvokes: Operation = {
  name: 'listAsyncInvokes',
  type: 'task',
  request: (input) => ({ input }),
  response: (output) => ({
    output: { asyncInvokeSummaries: objects(output.asyncInvokeSummaries), ...defined({ nextToken: output.nextToken }) },
  }),
};

function readJob({ $metadata, ...job }: JsonObject): Fields {
  return {
    output: job,
    metadata: defined({
      model: string(job.modelArn),
      jobStatus: job.status,
      invocationArn: job.invocationArn,
      outputS3Uri: outputS3Uri(job),
      clientRequestToken: job.clientRequestToken,
      submitTime: job.submitTime,
      endTime: job.endTime,
    }),
  };
}

const outputS3Uri = (job: JsonObject) => string(object(object(job.outputDataConfig)?.s3OutputDataConfig)?.s3Uri);
