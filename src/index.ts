export { wrapBedrockRuntime } from './client';
export { type BatchResultsOptions, traceBatchResults } from './jobs/batch-results';
export { wrapMessageBatches } from './jobs/message-batches';
export type { BatchResultsSummary } from './jobs/results';
export { configure, type Options } from './policy';

/**
 * Sends every span and file that is not at Braintrust yet, now. For the end of a short-lived program or of a serverless invocation.
 *
 * @returns true when Braintrust has confirmed all of them; false as soon as it has not, and then they are sent later. Never rejects.
 * @example examples/flush.ts
 */
export async function flush(): Promise<boolean> {
  const { flushAll }: typeof import('./flush') = require('./flush');
  return flushAll();
}
