import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as sdk from '@aws-sdk/client-s3';
import * as braintrust from 'braintrust';
import { type Ingest, mergeRows, type Row, startIngest } from '../../demo/ingest';
import { flush, traceBatchResults } from '../../src';
import { rowIds, traceIdOf } from '../../src/jobs/ids';
import { remember } from '../../src/jobs/known';
import { patchS3 } from '../../src/jobs/s3';
import { parseJson } from '../../src/read';
import { arnOf, CLAUDE, failedLine, knownResults, resultLine, resultLines, startStorage } from '../helpers/batch';
import { hearSaid } from '../helpers/said';

let ingest: Ingest;
let storage: Awaited<ReturnType<typeof startStorage>>;

async function start() {
  [ingest, storage] = await Promise.all([startIngest(), startStorage()]);
  Object.assign(process.env, ingest.env);
  await braintrust.login({ forceLogin: true });
  braintrust.initLogger({ projectName: 'tests' });
  patchS3(sdk);
}

const stop = () => Promise.all([ingest.close(), storage.close()]);

/** The spans of a job's records, by record id. */
async function recordsOf(jobArn: string): Promise<Map<string, Row>> {
  assert.equal(await flush(), true);
  const spans = ingest.spans().filter(({ metadata }) => metadata?.invocationArn === jobArn);
  return new Map(spans.map((span) => [String(span.metadata?.recordId), span]));
}

/** The same bytes in pieces of a length that cuts lines and characters. */
function* cut(text: string, length = 13): Generator<Buffer> {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += length) yield bytes.subarray(from, from + length);
}

describe('the results of a batch job', () => {
  before(start);
  after(stop);

  describe('traceBatchResults', () => {
    it('writes one child of the job for each record, read by the model family, with its usage, its times or its error', async () => {
      const { jobArn } = knownResults('children');
      const summary = await traceBatchResults(resultLine('a') + failedLine('b'), { jobArn });
      assert.deepEqual(summary, { records: 2, errors: 1, malformed: 0 });
      const records = await recordsOf(jobArn);
      const [a, b] = [records.get('a'), records.get('b')];
      const { created: _, context: __, project_id: ___, log_id: ____, ...row } = a ?? { id: '' };
      assert.deepEqual(row, {
        id: rowIds(jobArn, 'a').id,
        span_id: rowIds(jobArn, 'a').spanId,
        root_span_id: traceIdOf(jobArn),
        span_parents: [rowIds(jobArn).spanId],
        _is_merge: true,
        span_attributes: { name: 'bedrock.invokeModel', type: 'llm' },
        input: [{ role: 'user', content: [{ type: 'text', text: 'Question a' }] }],
        output: [{ role: 'assistant', content: [{ type: 'text', text: 'Answer a: 東京 🗼' }] }],
        metadata: {
          provider: 'aws-bedrock',
          model: CLAUDE,
          vendor: 'anthropic',
          region: 'us-east-1',
          invocationArn: jobArn,
          recordId: 'a',
          maxTokens: 20,
          stopReason: 'end_turn',
          responseModel: 'claude-3-haiku-20240307',
        },
        metrics: { start: 1_700_000_000, end: 1_700_003_600, prompt_tokens: 12, completion_tokens: 7, tokens: 19 },
      });
      assert.deepEqual(b?.error, { name: 'ModelInvocationRecordFailed', message: 'max_tokens: too few', originalStatusCode: 400 });
      assert.equal(b?.output, undefined);
    });

    it('takes text, lines, bytes, records and streams of all kinds, wherever they are cut', async () => {
      const text = resultLines('s', 5).join('');
      const lines = text.trim().split('\n');
      const web = (pieces: Iterable<unknown>) => Readable.toWeb(Readable.from(pieces)) as ReadableStream;
      const generated = async function* (items: Iterable<string | Uint8Array | object>) {
        yield* items;
      };
      const { s3 } = storage;
      s3.put('s3://elsewhere/results.jsonl', text);
      const output = () => storage.client().getObject({ Bucket: 'elsewhere', Key: 'results.jsonl' });
      const sources: Record<string, Parameters<typeof traceBatchResults>[0]> = {
        text,
        'text without its last newline, with CRLF': lines.join('\r\n'),
        'text with a byte order mark and empty lines': `\uFEFF${lines.join('\n\n \n')}`,
        lines,
        'lines that end': new Set(resultLines('s', 5)),
        records: lines.map((line) => Object(parseJson(line))),
        bytes: Buffer.from(text),
        'an ArrayBuffer': Uint8Array.from(Buffer.from(text)).buffer,
        'a Blob': new Blob([text]),
        'a Readable of bytes': Readable.from(cut(text), { objectMode: false }),
        'a Readable of text': Readable.from(cut(text), { objectMode: false }).setEncoding('utf8'),
        'a Readable of lines': Readable.from(lines),
        'a Readable of records': Readable.from(lines.map(parseJson)),
        'a web stream': web(cut(text)),
        'a web stream of text': web(cut(text)).pipeThrough(new TextDecoderStream()),
        'generated bytes': cut(text, 1),
        'generated lines': generated(lines),
        'generated records': generated(lines.map((line) => Object(parseJson(line)))),
        gzip: gzipSync(text),
        'gzip in pieces': Readable.from([gzipSync(text).subarray(0, 40), gzipSync(text).subarray(40)]),
        'gzip in pieces of a byte': Readable.from([gzipSync(text).subarray(0, 1), gzipSync(text).subarray(1)]),
        'an S3 output': await output(),
        'an S3 body': (await output()).Body,
      };
      for (const [name, source] of Object.entries(sources)) {
        const jobArn = arnOf(`source-${name.replaceAll(' ', '-')}`);
        const summary = await traceBatchResults(source, { jobArn, model: CLAUDE });
        assert.deepEqual(summary, { records: 5, errors: 0, malformed: 0 }, name);
        const records = await recordsOf(jobArn);
        assert.deepEqual([...records.keys()].sort(), ['s0', 's1', 's2', 's3', 's4'], name);
        assert.match(JSON.stringify(records.get('s4')?.output), /Answer s4: 東京 🗼/, name);
      }
      assert.deepEqual(await traceBatchResults(undefined, { jobArn: arnOf('nothing') }), { records: 0, errors: 0, malformed: 0 });
    });

    it('takes a record that has itself in it twice, as no JSON has', async () => {
      const jobArn = arnOf('circular');
      const half: Record<string, unknown> = { question: 'Where is the tram?' };
      Object.assign(half, { one: half, other: half });
      const record = { recordId: 'circular', modelInput: half, modelOutput: half };
      const summary = await traceBatchResults([record], { jobArn, model: 'acme.oracle-v1' });
      assert.deepEqual(summary, { records: 1, errors: 0, malformed: 0 });
      assert.equal((await recordsOf(jobArn)).size, 1);
    });

    it('writes nothing for ids that the batch has not, where the caller knows those that it has, and says so once', async () => {
      const jobArn = arnOf('known-ids');
      let told = '';
      const unhear = hearSaid((line) => {
        told += line;
      });
      const lines = [...resultLines('u', 4), ...resultLines('stranger', 2), ...resultLines('stranger', 1)];
      const summary = await traceBatchResults(lines, { jobArn, model: CLAUDE, recordIds: ['u0', 'u1', 'u2', 'u3'] }).finally(unhear);
      assert.deepEqual(summary, { records: 4, errors: 0, malformed: 0, unknown: 3 });
      assert.equal(told, `braintrust-bedrock: 3 results have ids that are none of the batch job ${jobArn}: they leave no span.\n`);
      assert.deepEqual([...(await recordsOf(jobArn)).keys()].sort(), ['u0', 'u1', 'u2', 'u3']);
    });

    it('writes 1,000 records once, shuffled and repeated, beside what is no record, which is counted and leaves nothing', async () => {
      const jobArn = arnOf('thousand');
      const all = resultLines('t', 1000);
      for (const index of [3, 500, 999]) all[index] = failedLine(`t${index}`);
      const present = all.filter((_, index) => index % 100 !== 50); // ten are missing
      const twice = [...present, ...present.slice(0, 200)];
      for (let index = twice.length - 1; index > 0; index--) {
        const other = (index * 7919) % (index + 1);
        [twice[index], twice[other]] = [twice[other] ?? '', twice[index] ?? ''];
      }
      const broken = [
        '{"recordId": "broken", "modelOut\n',
        '[]\n',
        'null\n',
        '{"modelInput":{},"modelOutput":{}}\n',
        '{"recordId":"asked","modelInput":{}}\n',
      ];
      twice.splice(100, 0, ...broken);
      let told = '';
      const unhear = hearSaid((line) => {
        told += line;
      });
      const summary = await traceBatchResults(Readable.from(cut(twice.join(''), 4099)), { jobArn, model: CLAUDE }).finally(unhear);
      assert.deepEqual(summary, { records: 1190, errors: twice.filter((line) => line.includes('errorCode')).length, malformed: 5 });
      assert.equal(told, `braintrust-bedrock: 5 of 1195 lines are no records of the batch job ${jobArn}: they leave no span.\n`);
      const records = await recordsOf(jobArn);
      assert.equal(records.size, 990);
      assert.equal(records.get('t50'), undefined);
      assert.ok(records.get('t500')?.error && !records.get('t501')?.error);
      const rows = ingest.rows().filter(({ metadata }) => metadata?.invocationArn === jobArn);
      const content = ({ created: _, ...row }: Row) => row;
      const byId = (spans: Row[]) => spans.map(content).sort((one, other) => (one.id < other.id ? -1 : 1));
      assert.deepEqual(byId(mergeRows([...rows].reverse())), byId([...records.values()]));
    });

    it('gives a record the same span each time, of a job that nobody here has asked AWS for, too', async () => {
      const jobArn = arnOf('never-heard-of');
      await traceBatchResults(resultLine('a'), { jobArn });
      const first = (await recordsOf(jobArn)).get('a');
      await new Promise((resolve) => setTimeout(resolve, 5));
      await traceBatchResults(resultLine('a'), { jobArn });
      assert.deepEqual((await recordsOf(jobArn)).get('a')?.metrics, first?.metrics);
      assert.equal(first?.metrics?.start, first?.metrics?.end);
    });

    it('stands in the trace of a job that was made here', async () => {
      const { jobArn } = knownResults('in-a-trace', { rootSpanId: 'trace-of-the-job' });
      await traceBatchResults(resultLine('a'), { jobArn });
      assert.equal((await recordsOf(jobArn)).get('a')?.root_span_id, 'trace-of-the-job');
    });

    it('reads the records of a Converse job as conversations', async () => {
      const [told, seen] = [arnOf('converse'), arnOf('converse-by-its-shape')];
      const record = {
        recordId: 'c',
        modelInput: {
          system: [{ text: 'Be brief.' }],
          messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
          inferenceConfig: { maxTokens: 9 },
        },
        modelOutput: {
          output: { message: { role: 'assistant', content: [{ text: 'Hi.' }] } },
          stopReason: 'end_turn',
          usage: { inputTokens: 4, outputTokens: 2, totalTokens: 6 },
          metrics: { latencyMs: 88 },
        },
      };
      await traceBatchResults([record], { jobArn: told, modelInvocationType: 'Converse', model: 'amazon.nova-lite-v1:0' });
      await traceBatchResults([record], { jobArn: seen });
      for (const jobArn of [told, seen]) {
        const span = (await recordsOf(jobArn)).get('c');
        assert.equal(span?.span_attributes?.name, 'bedrock.converse');
        assert.deepEqual(span?.input, [
          { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
          { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
        ]);
        assert.deepEqual(span?.output, [{ role: 'assistant', content: [{ type: 'text', text: 'Hi.' }] }]);
        const { prompt_tokens, completion_tokens, latency_ms } = span?.metrics ?? {};
        assert.deepEqual([prompt_tokens, completion_tokens, latency_ms, span?.metadata?.maxTokens], [4, 2, 88, 9]);
      }
    });

    it('gives the error of the source itself to the caller, and keeps what came before it', async () => {
      const jobArn = arnOf('broken-source');
      const source = async function* () {
        yield resultLine('before');
        throw new Error('the connection is gone');
      };
      await assert.rejects(traceBatchResults(source(), { jobArn }), /the connection is gone/);
      await assert.rejects(traceBatchResults(gzipSync(resultLine('zipped')).subarray(0, 60), { jobArn }), /unexpected end of file/);
      assert.deepEqual([...(await recordsOf(jobArn)).keys()], ['before']);
    });

    it('gives the event loop a turn while it works', async () => {
      const jobArn = arnOf('turns');
      let turns = 0;
      let working = true;
      const count = () => {
        turns++;
        if (working) setImmediate(count);
      };
      setImmediate(count);
      await traceBatchResults(resultLines('turn', 2000).join(''), { jobArn, model: CLAUDE });
      working = false;
      assert.ok(turns > 5, `${turns} turns`);
    });
  });

  describe('results that the application reads from S3', () => {
    const put = (id: string, content: string, more = {}) => {
      const known = knownResults(id, more);
      storage.s3.put(`s3://${known.Bucket}/${known.Key}`, content);
      return known;
    };

    it('become the spans that traceBatchResults writes', async () => {
      const lines = [...resultLines('r', 50), failedLine('f')];
      const { jobArn, Bucket, Key } = put('from-s3', lines.join(''));
      const { Body } = await storage.client().getObject({ Bucket, Key });
      assert.equal(await Body?.transformToString(), lines.join(''));
      const read = await recordsOf(jobArn);
      assert.equal(read.size, 51);
      await traceBatchResults(lines, { jobArn });
      const given = await recordsOf(jobArn);
      for (const [id, { created: _, ...row }] of read) {
        const { created: __, ...other } = given.get(id) ?? { id: '' };
        assert.deepEqual(row, other, id);
      }
    });

    it('leave what was read where the application stops halfway, and the first part of the object where it asks for a part', async () => {
      const text = resultLines('h', 2000).join('');
      const halfway = put('halfway', text);
      const { Body } = await storage.client().getObject({ Bucket: halfway.Bucket, Key: halfway.Key });
      assert.ok(Body instanceof Readable);
      let length = 0;
      for await (const piece of Body) {
        length += piece.length;
        break;
      }
      const whole = Buffer.from(text).subarray(0, length).toString('latin1').split('\n').length - 1;
      assert.equal((await recordsOf(halfway.jobArn)).size, whole);

      const [first, later] = [put('first-part', text), put('later-part', text)];
      const range = async ({ Bucket, Key }: typeof first, Range: string) =>
        await (await storage.client().getObject({ Bucket, Key, Range })).Body?.transformToString();
      const end = Buffer.byteLength(resultLine('h0')) + 100;
      assert.equal(
        (await range(first, `bytes=0-${end}`))?.length,
        Buffer.from(text)
          .subarray(0, end + 1)
          .toString().length,
      );
      await range(later, `bytes=${end}-${end + 5000}`);
      assert.deepEqual([...(await recordsOf(first.jobArn)).keys()], ['h0']);
      assert.equal((await recordsOf(later.jobArn)).size, 0);
    });

    it('are only those under the output of a known job: no manifest, no other object, no other bucket', async () => {
      const { jobArn, Bucket, Key } = put('only', resultLine('a'));
      const others = [
        [Bucket, 'nightly/only/manifest.json.out'],
        [Bucket, 'nightly/unknown/in.jsonl.out'],
        [Bucket, 'weekly/only/in.jsonl.out'],
        ['other', Key],
      ] as const;
      const before = ingest.spans().length;
      for (const [bucket, key] of others) {
        storage.s3.put(`s3://${bucket}/${key}`, resultLine('other'));
        await (await storage.client().getObject({ Bucket: bucket, Key: key })).Body?.transformToString();
      }
      await recordsOf(jobArn);
      assert.equal(ingest.spans().length, before);
    });

    it('are found whatever the form of the output location', async () => {
      for (const [id, outputS3Uri, Key] of [
        ['no-prefix', 's3://results', 'no-prefix/in.jsonl.out'],
        ['slash', 's3://results/', 'slash/in.jsonl.out'],
        ['deep', 's3://results/a/b', 'a/b/deep/in.jsonl.out'],
        ['folders', 's3://results/a/', 'a/folders/part/in.jsonl.out'],
      ] as const) {
        remember(arnOf(id), { outputS3Uri });
        storage.s3.put(`s3://results/${Key}`, resultLine(id));
        await (await storage.client().getObject({ Bucket: 'results', Key })).Body?.transformToByteArray();
        assert.deepEqual([...(await recordsOf(arnOf(id))).keys()], [id]);
      }
    });
  });
});
