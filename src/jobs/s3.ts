import { commandName } from '../command-name';
import { config } from '../config';
import { guard } from '../guard';
import { isObject, object, string } from '../read';
import { type Listener, patchSend } from '../send';
import { jobOfResults, knowsJobs } from './known';

/**
 * Patches `send` of the module's `S3Client`, once: the results of batch jobs that this process knows become spans as the application reads
 * them. Every other call passes untouched, and none of S3's calls is a span. For the loader; never throws.
 */
export function patchS3(namespace: unknown): void {
  patchSend(namespace, 'S3Client', () => openResults);
}

/** Hears a `GetObject` of a known job's results. The settings are asked for then, and not before: few processes have such a job. */
function openResults(_client: object, args: unknown[]): Listener | undefined {
  const command = args[0];
  if (!knowsJobs() || !isObject(command) || commandName(command, 'com.amazonaws.s3', isGetObject) !== 'GetObject') return undefined;
  const input = object(command.input);
  const job = jobOfResults(string(input?.Bucket) ?? '', string(input?.Key) ?? '');
  if (!job || !config().on || !config().batchResults) return undefined;
  const body: typeof import('./s3-body') = require('./s3-body');
  const listen = body.resultsListener(job, command);
  return listen && { succeed: (output) => guard('results', () => isObject(output) && listen(output)), fail() {} };
}

const isGetObject = (name: string) => name === 'GetObject';
