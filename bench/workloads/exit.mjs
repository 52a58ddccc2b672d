// Ten calls, and the end: `BENCH_END` says which.
import { writeSync } from 'node:fs';

if (process.env.BENCH_LOGGER) {
  const { initLogger } = await import('braintrust');
  initLogger({ projectName: process.env.BRAINTRUST_PROJECT });
}
const { BedrockRuntimeClient } = await import('@aws-sdk/client-bedrock-runtime');
const { CALLS } = await import('./calls.mjs');

const client = new BedrockRuntimeClient({});
for (let index = 0; index < 10; index++) await client.send(CALLS.converse(index));
client.destroy();
writeSync(1, JSON.stringify({ at: performance.timeOrigin + performance.now() }));
if (process.env.BENCH_END === 'exit') process.exit(0);
