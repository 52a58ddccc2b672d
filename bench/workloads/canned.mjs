// A request handler of the SDK that answers by itself, for calls whose time must be their own.
import { readdirSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';

/** The bodies are files that the parent has made, as the Bedrock of the other workloads makes them. */
export function canned() {
  const folder = process.env.BENCH_ANSWERS;
  const answers = Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`)]));
  return {
    metadata: { handlerProtocol: 'h2' },
    async handle({ path, body }) {
      const operation = path.slice(path.lastIndexOf('/') + 1);
      const streams = operation.includes('stream');
      const type = streams ? 'application/vnd.amazon.eventstream' : 'application/json';
      const name = streams ? `${operation}-${eventsOf(body)}` : path.includes('embed') ? 'embedding' : operation;
      const headers = { 'content-type': type, 'x-amzn-requestid': '11111111-2222-3333-4444-555555555555' };
      return { response: { statusCode: 200, headers, body: Readable.from([answers[name]], { objectMode: false }) } };
    },
    destroy() {},
  };
}

/** A request for a stream allows as many tokens as it wants events. */
function eventsOf(body) {
  const { inferenceConfig, max_tokens } = JSON.parse(Buffer.from(body).toString());
  return inferenceConfig?.maxTokens ?? max_tokens;
}
