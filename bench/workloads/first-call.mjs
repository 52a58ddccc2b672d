// The first call of a process: how long the application waits for it (ms), and for how long the event loop does nothing else.
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

if (process.env.BENCH_LOGGER) {
  const { initLogger } = await import('braintrust');
  initLogger({ projectName: process.env.BRAINTRUST_PROJECT });
}
const { BedrockRuntimeClient } = await import('@aws-sdk/client-bedrock-runtime');
const { CALLS } = await import('./calls.mjs');
const { watchLoop } = await import('./probe.mjs');

const client = new BedrockRuntimeClient({});
const command = CALLS[process.env.BENCH_CALL](0);
await sleep(50);
// Whether the young generation is collected while the application waits is chance, and 3 to 8 ms: each round has another chance, the same for all.
let litter = Number(process.env.BENCH_LITTER_KB ?? 0);
while (litter-- > 0) globalThis.litter = new Array(128);
const stop = watchLoop();
const start = performance.now();
await client.send(command);
const path = performance.now() - start;
await sleep(500); // what comes after the call comes within this
writeSync(1, JSON.stringify({ path, block: stop(start) }));
