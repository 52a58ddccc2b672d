import { randomBytes, randomUUID } from 'node:crypto';
import type { ModelInvocationJobStatus } from '@aws-sdk/client-bedrock';
import { number, object, string } from '../../src/read';
import type { JsonObject } from '../../src/types';
import { runBatch } from './batch-output';
import { type Answer, type BatchOptions, type BatchOutcome, failure, type RecordCounts } from './types';

interface Job {
  /** What GetModelInvocationJob answers, in the SDK's names. */
  record: JsonObject & { jobArn: string; jobName: string; modelId: string; clientRequestToken: string; status: ModelInvocationJobStatus };
  /** The states that the next polls see, before the outcome. */
  way: ModelInvocationJobStatus[];
  outcome: BatchOutcome;
}

export interface BatchJobs {
  create(body: JsonObject): Promise<Answer>;
  get(identifier: string): Promise<Answer>;
  list(query: URLSearchParams): Answer;
  stop(identifier: string): Answer;
}

const WAY: ModelInvocationJobStatus[] = ['Submitted', 'Validating', 'Scheduled', 'InProgress'];
const ENDS: ModelInvocationJobStatus[] = ['Completed', 'PartiallyCompleted', 'Failed', 'Stopped', 'Expired'];
const NAME = /^[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9+\-.]){0,63}$/;
const ALL: RecordCounts = { total: 100, success: 100, error: 0 };

const BY_NAME: [word: RegExp, outcome: BatchOutcome][] = [
  [/fail/i, { status: 'Failed', message: 'The input file has no valid record.', records: { total: 100, success: 0, error: 0 } }],
  [/partial/i, { status: 'PartiallyCompleted', records: { total: 100, success: 90, error: 4 } }],
  [/expire/i, { status: 'Expired', message: 'The job did not end in time.', records: { total: 100, success: 12, error: 0 } }],
  [/stop/i, { status: 'Stopped', records: { total: 100, success: 40, error: 0 } }],
];

/** The jobs of batch inference: each poll moves one on along its way, to the outcome that was scripted for it. */
export function batchJobs(pollsUntilDone: number, options: BatchOptions = {}): BatchJobs {
  const known = new Map<string, Job>();

  async function create(body: JsonObject): Promise<Answer> {
    const invalid = complaint(body);
    if (invalid !== undefined) return failure(400, 'ValidationException', invalid);
    const token = string(body.clientRequestToken) ?? randomUUID();
    // "If this token matches a previous request, Amazon Bedrock ignores the request, but doesn't return an error."
    const same = [...known.values()].find(({ record }) => record.clientRequestToken === token);
    if (same) return { json: { jobArn: same.record.jobArn } };
    const jobArn = `arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/${randomBytes(6).toString('hex')}`;
    const record = recordOf(jobArn, token, body);
    const outcome = options.outcome?.(record) ?? BY_NAME.find(([word]) => word.test(record.jobName))?.[1] ?? { status: 'Completed' };
    const job = { record, way: wayOf(pollsUntilDone), outcome };
    known.set(jobArn, job);
    if (pollsUntilDone === 0) await finish(job);
    return { json: { jobArn } };
  }

  async function get(identifier: string): Promise<Answer> {
    const job = find(identifier);
    if (!job) return missing;
    const next = job.way.shift();
    if (next) job.record = { ...job.record, ...progress(next, job.outcome) };
    else if (!ENDS.includes(job.record.status)) await finish(job);
    return { json: job.record };
  }

  function stop(identifier: string): Answer {
    const job = find(identifier);
    if (!job) return missing;
    if (ENDS.includes(job.record.status)) return failure(400, 'ConflictException', `The job is already ${job.record.status}.`);
    job.way = ['Stopping'];
    job.outcome = { status: 'Stopped', ...(job.outcome.records ? { records: job.outcome.records } : {}) };
    job.record = { ...job.record, status: 'Stopping', lastModifiedTime: new Date().toISOString() };
    return { json: {} };
  }

  /** The newest first, where nothing else is asked for. */
  function list(query: URLSearchParams): Answer {
    const all = [...known.values()].map(({ record }) => record).filter((record) => matches(record, query));
    if (query.get('sortOrder') !== 'Ascending') all.reverse();
    const from = Number(query.get('nextToken') ?? 0);
    if (!Number.isInteger(from)) return failure(400, 'ValidationException', 'The provided nextToken is invalid.');
    const to = from + Number(query.get('maxResults') ?? 100);
    return { json: { invocationJobSummaries: all.slice(from, to), ...(to < all.length ? { nextToken: String(to) } : {}) } };
  }

  /** By its ARN or by the id at the ARN's end. */
  function find(identifier: string): Job | undefined {
    return known.get(identifier) ?? [...known.values()].find(({ record }) => record.jobArn.endsWith(`/${identifier}`));
  }

  async function finish(job: Job): Promise<void> {
    const { status, message, records } = job.outcome;
    const written = await runBatch(job.record, status, options.s3);
    const now = new Date().toISOString();
    job.record = {
      ...job.record,
      status: written?.status ?? status,
      ...(written?.message === undefined && message === undefined ? {} : { message: written?.message ?? message }),
      ...counts(written?.records ?? records ?? ALL),
      lastModifiedTime: now,
      endTime: now,
    };
  }

  return { create, get, list, stop };
}

const missing = failure(404, 'ResourceNotFoundException', 'The specified model invocation job does not exist.');

function complaint(body: JsonObject): string | undefined {
  for (const name of ['jobName', 'roleArn', 'modelId']) {
    if (!string(body[name])) return `Value null at '${name}' failed to satisfy constraint: Member must not be null`;
  }
  if (!NAME.test(string(body.jobName) ?? '')) return `Value at 'jobName' failed to satisfy constraint: ${NAME.source}`;
  const input = string(object(object(body.inputDataConfig)?.s3InputDataConfig)?.s3Uri);
  const output = string(object(object(body.outputDataConfig)?.s3OutputDataConfig)?.s3Uri);
  if (!input?.startsWith('s3://') || !output?.startsWith('s3://')) return 'The S3 URIs of the input and the output are required.';
  const hours = number(body.timeoutDurationInHours) ?? 24;
  return hours < 24 || hours > 168 ? 'timeoutDurationInHours must be between 24 and 168.' : undefined;
}

function recordOf(jobArn: string, clientRequestToken: string, body: JsonObject): Job['record'] {
  // Tags are set with the job and never told by it.
  const { tags: _tags, ...asked } = body;
  const now = Date.now();
  const hours = number(body.timeoutDurationInHours) ?? 24;
  return {
    ...asked,
    jobArn,
    jobName: string(body.jobName) ?? '',
    modelId: string(body.modelId) ?? '',
    clientRequestToken,
    status: 'Submitted',
    submitTime: new Date(now).toISOString(),
    lastModifiedTime: new Date(now).toISOString(),
    timeoutDurationInHours: hours,
    jobExpirationTime: new Date(now + hours * 3_600_000).toISOString(),
    modelInvocationType: string(body.modelInvocationType) ?? 'InvokeModel',
  };
}

/** The last of the polls sees the job in progress; with more than there are states, it is in progress for longer. */
function wayOf(polls: number): ModelInvocationJobStatus[] {
  const longer = Array.from({ length: Math.max(0, polls - WAY.length) }, (): ModelInvocationJobStatus => 'InProgress');
  return polls === 0 ? [] : [...WAY.slice(-polls), ...longer];
}

function progress(status: ModelInvocationJobStatus, { records = ALL }: BatchOutcome) {
  const begun = status === 'InProgress' ? counts({ total: records.total, success: Math.floor(records.success / 2), error: 0 }) : {};
  return { status, lastModifiedTime: new Date().toISOString(), ...begun };
}

function counts({ total, success, error }: RecordCounts) {
  return { totalRecordCount: total, processedRecordCount: success + error, successRecordCount: success, errorRecordCount: error };
}

function matches(record: Job['record'], query: URLSearchParams): boolean {
  const status = query.get('statusEquals') ?? record.status;
  const submitted = Date.parse(String(record.submitTime));
  const after = Date.parse(query.get('submitTimeAfter') ?? '');
  const before = Date.parse(query.get('submitTimeBefore') ?? '');
  const inTime = !(submitted <= after) && !(submitted >= before);
  return inTime && record.status === status && record.jobName.includes(query.get('nameContains') ?? '');
}
