// An application that imports the SDK of Anthropic. WRAP: it wraps its client with Braintrust. WRAP_BATCHES: with what is ours, twice.
import Anthropic from '@anthropic-ai/sdk';
import { run } from './batches-steps.cjs';

const client = new Anthropic({ maxRetries: 0 });
if (process.env.WRAP_BATCHES) {
  const { wrapMessageBatches } = await import('braintrust-bedrock');
  if (wrapMessageBatches(wrapMessageBatches(client)) !== client) throw new Error('another client');
}
await run(process.env.WRAP ? (await import('braintrust')).wrapAnthropic(client) : client);
