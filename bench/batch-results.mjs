// What tracing the results of a batch job takes: memory, time, and how long the event loop stands still, from 1,000 to 100,000 records.
//
//   node bench/batch-results.mjs
//
// The package is built file by file for it: what a process knows of a job is not among what the bundle gives.
//
// Each size runs in a process of its own against a Braintrust in this one, which counts rows and keeps none. The figures are written to
// bench/results/batch-results.json.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';

const SIZES = [1000, 10_000, 100_000];
const ARN = 'arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/benchmark000';
const MODEL = 'anthropic.claude-3-haiku-20240307-v1:0';
const MB = 1024 * 1024;

const [mode, count, looks] = process.argv.slice(2);
if (mode) await measure(mode, Number(count), Number(looks));
else await main();

async function main() {
  const tsc = createRequire(import.meta.url)
    .resolve('typescript/package.json')
    .replace('package.json', 'bin/tsc');
  await promisify(execFile)(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', '.unbundled'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
  const braintrust = await startCountingBraintrust();
  const results = [];
  for (const from of ['given', 'read from S3']) {
    for (const records of SIZES) {
      braintrust.ids.clear();
      const env = {
        ...process.env,
        BRAINTRUST_API_KEY: 'sk-bench',
        BRAINTRUST_API_URL: braintrust.url,
        BRAINTRUST_APP_URL: braintrust.url,
      };
      // Looking at the memory stops the process while garbage is collected, so time is taken in a run of its own.
      const run = (looks) =>
        promisify(execFile)(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), from, String(records), String(looks)], {
          env,
          timeout: 600_000,
        });
      const time = await run(0);
      const spans = braintrust.ids.size;
      const memory = await run(20);
      const { peakHeapMB, peakRssMB } = JSON.parse(memory.stdout);
      const result = { from, records, spans, ...JSON.parse(time.stdout), peakHeapMB, peakRssMB };
      const told = [time, memory].flatMap(({ stderr }) => stderr.split('\n').filter((line) => line.startsWith('braintrust-bedrock')));
      if (told.length > 0) result.told = told;
      results.push(result);
      console.log(JSON.stringify(result));
      write(results);
    }
  }
  braintrust.close();
}

function write(results) {
  mkdirSync(new URL('results/', import.meta.url), { recursive: true });
  const machine = { node: process.version, cpu: cpus()[0]?.model, cpus: cpus().length };
  writeFileSync(new URL('results/batch-results.json', import.meta.url), `${JSON.stringify({ machine, results }, null, 2)}\n`);
}

/** Prints the figures of one run, in this process. */
async function measure(from, records, looks) {
  const require = createRequire(import.meta.url);
  const { flush, traceBatchResults } = require('../.unbundled/index.js');
  const warm = await traceBatchResults(lines('warm', 200), { jobArn: `${ARN}-warm`, model: MODEL });
  if (warm.records !== 200) throw new Error('the records were not read');
  await flush();
  global.gc();
  const before = process.memoryUsage();
  const peak = { heap: 0, rss: 0 };
  const sample = () => {
    // what is reachable, not what nobody has collected yet
    global.gc();
    peak.heap = Math.max(peak.heap, process.memoryUsage().heapUsed + process.memoryUsage().external);
    peak.rss = Math.max(peak.rss, process.memoryUsage().rss);
  };
  const steps = { records, every: looks > 0 ? Math.ceil(records / looks) : Number.POSITIVE_INFINITY, sample };
  const source = from === 'given' ? Readable.from(chunks(steps), { objectMode: false }) : await s3Body(require, steps);
  const turns = watchTurns();
  const cpu = process.cpuUsage();
  const begun = performance.now();
  if (from === 'given') await traceBatchResults(source, { jobArn: ARN, model: MODEL });
  else for await (const _ of source);
  const read = performance.now();
  while (!(await flush()));
  const over = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  const figures = {
    readSeconds: round((read - begun) / 1000),
    deliveredSeconds: round((over - begun) / 1000),
    peakHeapMB: round((peak.heap - before.heapUsed - before.external) / MB),
    peakRssMB: round(peak.rss / MB),
    cpuMicrosecondsPerRecord: round((user + system) / records),
    turnCpuMs: turns.over(),
  };
  process.stdout.write(JSON.stringify(figures));
}

/** How long the turns of the event loop are, in CPU time of the process: on a busy machine a clock would tell of its neighbours. */
function watchTurns() {
  const turns = [];
  let watching = true;
  let last = process.cpuUsage();
  const turn = () => {
    const { user, system } = process.cpuUsage(last);
    last = process.cpuUsage();
    turns.push((user + system) / 1000);
    if (watching) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    over() {
      watching = false;
      turns.sort((one, other) => one - other);
      const at = (part) => round(turns[Math.floor((turns.length - 1) * part)]);
      return { p50: at(0.5), p99: at(0.99), max: at(1) };
    },
  };
}

/** The same bytes as the body of a GetObject through the patched client. */
async function s3Body(require, steps) {
  const sdk = require('@aws-sdk/client-s3');
  require('../.unbundled/jobs/s3.js').patchS3(sdk);
  require('../.unbundled/jobs/known.js').remember(ARN, { model: MODEL, outputS3Uri: 's3://bench/out/' });
  const requestHandler = {
    handle: async () => ({
      response: { statusCode: 200, headers: {}, body: Readable.from(chunks(steps), { objectMode: false }) },
    }),
  };
  const client = new sdk.S3Client({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, requestHandler });
  const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket: 'bench', Key: 'out/benchmark000/in.jsonl.out' }));
  return Body;
}

/** The lines in pieces of 64 KiB, as a socket gives them. */
async function* chunks({ records, every, sample }) {
  let piece = '';
  let index = 0;
  for (const line of lines('record', records)) {
    piece += line;
    if (++index % every === 0) sample();
    if (piece.length < 65_536) continue;
    yield Buffer.from(piece);
    piece = '';
    await new Promise(setImmediate);
  }
  yield Buffer.from(piece);
}

function* lines(prefix, records) {
  for (let index = 0; index < records; index++) {
    const recordId = `${prefix}${index}`;
    const modelInput = {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 200,
      messages: [{ role: 'user', content: [{ type: 'text', text: `Summarise document ${index}. ${'All of its words. '.repeat(30)}` }] }],
    };
    const content = [{ type: 'text', text: `Document ${index} says: ${'something of note. '.repeat(20)}` }];
    const usage = { input_tokens: 140, output_tokens: 70 };
    const modelOutput = { id: `msg_${index}`, type: 'message', role: 'assistant', content, stop_reason: 'end_turn', usage };
    yield `${JSON.stringify({ recordId, modelInput, modelOutput })}\n`;
  }
}

async function startCountingBraintrust() {
  const ids = new Set();
  let url = '';
  const answers = {
    '/api/apikey/login': () => ({
      org_info: [{ id: 'org', name: 'Bench', api_url: url, proxy_url: url, realtime_url: url, is_universal_api: true }],
    }),
    '/api/project/register': () => ({ project: { id: 'project', name: 'bench', org_id: 'org' } }),
    '/version': () => ({ version: '1.0.0', logs3_payload_max_bytes: null }),
    '/logs3': ({ rows }) => {
      for (const { id, metadata } of rows) if (metadata?.invocationArn === ARN) ids.add(id);
      return { ids: rows.map(({ id }) => id) };
    },
  };
  const server = http.createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
    const answer = answers[new URL(request.url, url).pathname]?.(text ? JSON.parse(text) : {});
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${server.address().port}`;
  return { url, ids, close: () => server.close() };
}

function round(value) {
  return Math.round(value * 10) / 10;
}
