// A request handler of the SDK that answers by itself, for calls whose time must be their own.
import { Readable } from 'node:stream';

/** The bodies of answers come from the parent, which makes them as the Bedrock of the other workloads does. */
export function canned() {
  const bodies = JSON.parse(process.env.BENCH_ANSWERS ?? '{}');
  const answers = Object.fromEntries(Object.entries(bodies).map(([path, body]) => [path, Buffer.from(body, 'base64')]));
  return {
    metadata: { handlerProtocol: 'h2' },
    async handle({ path }) {
      const operation = path.slice(path.lastIndexOf('/') + 1);
      const type = operation.includes('stream') ? 'application/vnd.amazon.eventstream' : 'application/json';
      const body = path.includes('embed') ? answers.embedding : answers[operation];
      const headers = { 'content-type': type, 'x-amzn-requestid': '11111111-2222-3333-4444-555555555555' };
      return { response: { statusCode: 200, headers, body: Readable.from([body], { objectMode: false }) } };
    },
    destroy() {},
  };
}
