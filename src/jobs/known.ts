import { defined } from '../read';

/** What this process has heard of a batch job, from the calls that it made itself. */
export interface KnownJob {
  jobArn: string;
  model?: string;
  invocationType?: string;
  inputS3Uri?: string;
  outputS3Uri?: string;
  /** Unix seconds. */
  submitTime?: number;
  endTime?: number;
  /** The trace that the job is in, where it was made here. */
  rootSpanId?: string;
}

/** How many jobs are remembered, the newest. */
const MAX_JOBS = 1000;

/** By ARN, in the order in which they were last heard of. */
const jobs = new Map<string, KnownJob>();
/** The ARNs by `bucket/job id`, which is what the place of a result says. */
const byPlace = new Map<string, string>();

type Facts = { [K in keyof Omit<KnownJob, 'jobArn'>]: KnownJob[K] | undefined };

/** Adds to what is known of a job; what is undefined changes nothing. */
export function remember(jobArn: string, facts: Facts): KnownJob {
  const job: KnownJob = { ...jobs.get(jobArn), ...defined(facts), jobArn };
  jobs.delete(jobArn);
  jobs.set(jobArn, job);
  const place = placeOf(job);
  if (place !== undefined) byPlace.set(place, jobArn);
  const [oldest] = jobs.values();
  if (jobs.size > MAX_JOBS && oldest) forget(oldest);
  return job;
}

function forget(job: KnownJob): void {
  jobs.delete(job.jobArn);
  const place = placeOf(job);
  if (place !== undefined) byPlace.delete(place);
}

export const knownJob = (jobArn: string): KnownJob | undefined => jobs.get(jobArn);

export const knowsJobs = (): boolean => byPlace.size > 0;

/**
 * The job that has written an object: `<output>/<job id>/<input file>.jsonl.out`, beside `manifest.json.out`, which has no records.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html
 */
export function jobOfResults(bucket: string, key: string): KnownJob | undefined {
  if (!key.endsWith('.jsonl.out')) return undefined;
  for (const [index, folder] of key.split('/').entries()) {
    const job = index > MAX_FOLDERS ? undefined : jobs.get(byPlace.get(`${bucket}/${folder}`) ?? '');
    const prefix = job && S3_URI.exec(job.outputS3Uri ?? '')?.[2];
    if (prefix !== undefined && key.startsWith(prefix === '' ? '' : `${prefix}/`)) return job;
  }
  return undefined;
}

/** A key has 1024 bytes at most; no prefix of a person's making has so many folders. */
const MAX_FOLDERS = 64;

/** `s3://bucket/prefix`, with or without slashes at its end. */
const S3_URI = /^s3:\/\/([^/]+)\/*(.*?)\/*$/;

function placeOf({ jobArn, outputS3Uri }: KnownJob): string | undefined {
  const bucket = S3_URI.exec(outputS3Uri ?? '')?.[1];
  return bucket && `${bucket}/${jobArn.slice(jobArn.lastIndexOf('/') + 1)}`;
}
