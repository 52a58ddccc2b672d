// An application that imports the SDK of Anthropic. WRAP: it wraps its client with Braintrust.
import Anthropic from '@anthropic-ai/sdk';
import { run } from './batches-steps.cjs';

const client = new Anthropic({ maxRetries: 0 });
await run(process.env.WRAP ? (await import('braintrust')).wrapAnthropic(client) : client);
