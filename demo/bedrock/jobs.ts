import { randomBytes } from 'node:crypto';
import { object, string } from '../../src/read';
import type { JsonObject } from '../../src/types';
import { triggers } from './faults';
import { type Answer, type BedrockRequest, failure } from './types';

interface Job {
  record: JsonObject & { status: string };
  /** How many more times GetAsyncInvoke answers `InProgress`. */
  pollsLeft: number;
  failureMessage: string | undefined;
}

export interface Jobs {
  start(body: JsonObject): Answer;
  get(arn: string): Answer;
  list(query: BedrockRequest['query']): Answer;
}

/** The asynchronous jobs: in progress for a number of polls, then done, or failed where the input asks for it. */
export function jobs(pollsUntilDone: number): Jobs {
  const known = new Map<string, Job>();

  function start(body: JsonObject): Answer {
    const token = string(body.clientRequestToken) ?? randomBytes(16).toString('hex');
    const bucket = string(object(object(body.outputDataConfig)?.s3OutputDataConfig)?.s3Uri);
    if (bucket === undefined) return failure(400, 'ValidationException', 'outputDataConfig.s3OutputDataConfig.s3Uri is required.');
    // The token makes a start idempotent: the same token is the same job.
    const same = [...known.values()].find(({ record }) => record.clientRequestToken === token);
    if (same) return { json: { invocationArn: same.record.invocationArn } };
    const invocationArn = `arn:aws:bedrock:us-east-1:123456789012:async-invoke/${randomBytes(6).toString('hex')}`;
    const now = new Date().toISOString();
    const record = {
      invocationArn,
      modelArn: `arn:aws:bedrock:us-east-1::foundation-model/${string(body.modelId)}`,
      clientRequestToken: token,
      status: 'InProgress',
      submitTime: now,
      lastModifiedTime: now,
      outputDataConfig: body.outputDataConfig,
    };
    const fails = triggers(JSON.stringify(body.modelInput ?? {}), 'fail');
    const job = { record, pollsLeft: pollsUntilDone, failureMessage: fails ? 'The scene could not be generated.' : undefined };
    known.set(invocationArn, job);
    if (pollsUntilDone === 0) finish(job);
    return { json: { invocationArn } };
  }

  function get(arn: string): Answer {
    const job = known.get(arn);
    if (!job) return failure(404, 'ResourceNotFoundException', 'No such invocation.');
    if (job.record.status === 'InProgress' && job.pollsLeft-- <= 0) finish(job);
    return { json: job.record };
  }

  function list(query: URLSearchParams): Answer {
    const status = query.get('statusEquals');
    const all = [...known.values()].map(({ record }) => record).filter((record) => status === null || record.status === status);
    const from = Number(query.get('nextToken') ?? 0);
    const to = from + Number(query.get('maxResults') ?? all.length);
    return { json: { asyncInvokeSummaries: all.slice(from, to), ...(to < all.length ? { nextToken: String(to) } : {}) } };
  }

  return { start, get, list };
}

function finish(job: Job): void {
  const now = new Date().toISOString();
  const failed = job.failureMessage === undefined ? {} : { failureMessage: job.failureMessage };
  job.record = {
    ...job.record,
    ...failed,
    status: job.failureMessage === undefined ? 'Completed' : 'Failed',
    lastModifiedTime: now,
    endTime: now,
  };
}
