// An application that makes CALLS calls and STREAMS streams, all at once, and prints what it got of them and what Node had to say.
import { createHash } from 'node:crypto';
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';

const said = [];
process.on('warning', ({ name, message }) => said.push(`${name}: ${message}`));
process.on('unhandledRejection', (error) => said.push(`unhandled: ${error}`));

const client = new BedrockRuntimeClient({ maxAttempts: 1 });
const input = (text) => ({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text }] }] });

async function call(text) {
  const { output, usage, stopReason } = await client.send(new ConverseCommand(input(text)));
  return [output, usage, stopReason];
}

async function stream(text) {
  const events = [];
  for await (const { metadata, ...event } of (await client.send(new ConverseStreamCommand(input(text)))).stream) {
    events.push(metadata ? metadata.usage : event);
    if (text.includes('leave') && events.length === 3) break;
  }
  return events;
}

const settled = await Promise.allSettled([
  ...Array.from({ length: Number(process.env.CALLS) }, (_, index) => call(`<call-${index}>${index % 10 ? '' : ' fail'}`)),
  ...Array.from({ length: Number(process.env.STREAMS) }, (_, index) => stream(`<stream-${index}>${index % 10 ? '' : ' leave'}`)),
]);
client.destroy();

const seen = settled.map(({ value, reason }) => JSON.stringify(reason ? [reason.name, reason.message, reason.$fault] : value));
const count = { fulfilled: 0, rejected: 0 };
for (const { status } of settled) count[status]++;
console.log(
  JSON.stringify({ ...count, digest: createHash('sha256').update(seen.join('\n')).digest('hex'), first: seen.slice(0, 2), said }),
);
