import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as sdk from '@aws-sdk/client-bedrock';
import { type BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import * as s3sdk from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { mergeRows, type Row } from '../../demo/ingest';
import { patchBedrock } from '../../src/jobs/control-plane';
import { rowIds, traceIdOf } from '../../src/jobs/ids';
import { knownJob } from '../../src/jobs/known';
import { patchS3 } from '../../src/jobs/s3';
import { commandOf } from '../../src/operations';
import { CLAUDE, startStorage } from '../helpers/batch';
import { startTraced, type Traced } from '../helpers/traced';

const PREFIX = 'bedrock.';
const names = (spans: Row[]) => spans.map((span) => String(span.span_attributes?.name).slice(PREFIX.length)).sort();
const request = (jobName: string, more: Partial<sdk.CreateModelInvocationJobCommandInput> = {}) => ({
  jobName,
  roleArn: 'arn:aws:iam::123456789012:role/batch',
  modelId: `us.${CLAUDE}`,
  clientRequestToken: `token-${jobName}`,
  tags: [{ key: 'team', value: 'desk' }],
  inputDataConfig: { s3InputDataConfig: { s3Uri: 's3://records/in.jsonl' } },
  outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://results/nightly/' } },
  ...more,
});

describe('batch inference through the control plane', () => {
  let traced: Traced;
  let client: sdk.Bedrock;
  before(async () => {
    traced = await startTraced({ pollsUntilDone: 1 });
    patchBedrock(sdk);
    patchBedrock(sdk);
    patchS3(s3sdk);
    client = new sdk.Bedrock({
      region: 'us-east-1',
      endpoint: traced.bedrock.url,
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler(),
    });
  });
  after(async () => {
    client.destroy();
    await traced.close();
  });

  it('knows a job as soon as the application has its answer: it may read the results at once', async () => {
    const jobArn = (await client.createModelInvocationJob(request('at-once'))).jobArn ?? '';
    assert.match(String(knownJob(jobArn)?.rootSpanId), /./);
    await client.getModelInvocationJob({ jobIdentifier: jobArn });
    assert.equal(typeof knownJob(jobArn)?.submitTime, 'number');
    await traced.spansOf(() => {});
  });

  const jobOf = (spans: Row[], jobArn: string) => spans.find(({ id }) => id === rowIds(jobArn).id);

  it('traces the four calls, and writes one row for the job, from its creation to its end', async () => {
    let jobArn = '';
    const spans = await traced.spansOf(async () => {
      jobArn = (await client.createModelInvocationJob(request('nightly'))).jobArn ?? '';
      await client.getModelInvocationJob({ jobIdentifier: jobArn });
      await client.getModelInvocationJob({ jobIdentifier: jobArn });
      await client.listModelInvocationJobs({});
      await client.stopModelInvocationJob({ jobIdentifier: jobArn });
    });
    const calls = ['createModelInvocationJob', 'getModelInvocationJob', 'getModelInvocationJob', 'listModelInvocationJobs'];
    assert.deepEqual(names(spans), [...calls, 'modelInvocationJob', 'stopModelInvocationJob']);
    const create = spans.find((span) => span.span_attributes?.name === 'bedrock.createModelInvocationJob');
    const job = jobOf(spans, jobArn);
    assert.deepEqual(job?.span_parents, [create?.span_id]);
    assert.equal(job?.root_span_id, create?.root_span_id);
    assert.equal(create?.root_span_id, traceIdOf(jobArn));
    assert.deepEqual(job?.input, { jobName: 'nightly', s3Uri: 's3://records/in.jsonl' });
    const id = jobArn.split('/').at(-1);
    const counts = { totalRecordCount: 100, processedRecordCount: 100, successRecordCount: 100, errorRecordCount: 0 };
    assert.deepEqual(job?.output, { status: 'Completed', s3Uri: `s3://results/nightly/${id}/`, ...counts });
    const { submitTime, endTime, ...metadata } = job?.metadata ?? {};
    assert.deepEqual(metadata, {
      provider: 'aws-bedrock',
      model: `us.${CLAUDE}`,
      vendor: 'anthropic',
      inferenceProfile: `us.${CLAUDE}`,
      region: 'us-east-1',
      invocationArn: jobArn,
      jobName: 'nightly',
      inputS3Uri: 's3://records/in.jsonl',
      outputS3Uri: 's3://results/nightly/',
      clientRequestToken: 'token-nightly',
      tags: [{ key: 'team', value: 'desk' }],
      modelInvocationType: 'InvokeModel',
      jobStatus: 'Completed',
      ...counts,
    });
    assert.equal(job?.metrics?.end, Date.parse(String(endTime)) / 1000);
    assert.equal(job?.error, undefined);
    assert.equal(create?.metadata?.operation, 'createModelInvocationJob');
    assert.equal(create?.metadata?.command, 'CreateModelInvocationJobCommand');
    assert.ok(submitTime);
    const { model, outputS3Uri, inputS3Uri } = knownJob(jobArn) ?? {};
    assert.deepEqual([model, outputS3Uri, inputS3Uri], [`us.${CLAUDE}`, 's3://results/nightly/', 's3://records/in.jsonl']);
  });

  it('gives a job that did not succeed its error, in the words of AWS', async () => {
    const errors: unknown[] = [];
    for (const name of ['that-fails', 'that-expires', 'to-stop']) {
      let jobArn = '';
      const spans = await traced.spansOf(async () => {
        jobArn = (await client.createModelInvocationJob(request(name))).jobArn ?? '';
        await client.getModelInvocationJob({ jobIdentifier: jobArn });
        await client.getModelInvocationJob({ jobIdentifier: jobArn });
      });
      errors.push(jobOf(spans, jobArn)?.error);
    }
    assert.deepEqual(errors, [
      { name: 'ModelInvocationJobFailed', message: 'The input file has no valid record.' },
      { name: 'ModelInvocationJobExpired', message: 'The job did not end in time.' },
      { name: 'ModelInvocationJobStopped', message: 'The job was stopped.' },
    ]);
  });

  it('says the same of a job by Create, Get and List, so that their rows may come in any order, any number of times', async () => {
    let jobArn = '';
    await traced.spansOf(async () => {
      jobArn = (await client.createModelInvocationJob(request('commutes'))).jobArn ?? '';
      for (let poll = 0; poll < 3; poll++) await client.getModelInvocationJob({ jobIdentifier: jobArn });
      await client.listModelInvocationJobs({ nameContains: 'commutes' });
    });
    const rows = traced.ingest.rows().filter(({ id }) => id === rowIds(jobArn).id);
    assert.ok(rows.length >= 2 && rows.every((row) => row._is_merge));
    const whole = (order: Row[]) => {
      const [merged] = mergeRows(order);
      // when it began: by this process's clock, and as AWS says
      return { ...merged, created: undefined, metrics: { ...merged?.metrics, start: undefined } };
    };
    const expected = whole(rows);
    assert.deepEqual(whole([...rows].reverse()), expected);
    assert.deepEqual(whole([...rows, ...rows]), expected);
  });

  it('leaves a failed creation as one failed span, and no job', async () => {
    const spans = await traced.spansOf(() => client.createModelInvocationJob(request('!')));
    assert.deepEqual(names(spans), ['createModelInvocationJob']);
    assert.match(JSON.stringify(spans[0]?.error), /ValidationException/);
  });

  it('traces nothing else of client-bedrock or of client-s3', async () => {
    const storage = await startStorage({ objects: { 's3://results/some.txt': 'text' } });
    const s3 = storage.client();
    try {
      const spans = await traced.spansOf(async () => {
        await client.listFoundationModels({}).catch(() => {});
        await client.getGuardrail({ guardrailIdentifier: 'g' }).catch(() => {});
        await client.createModelCustomizationJob({ jobName: 'j' } as sdk.CreateModelCustomizationJobCommandInput).catch(() => {});
        await s3.putObject({ Bucket: 'results', Key: 'other.txt', Body: 'text' });
        assert.equal(await (await s3.getObject({ Bucket: 'results', Key: 'some.txt' })).Body?.transformToString(), 'text');
        await s3.listObjectsV2({ Bucket: 'results' });
        await s3.deleteObject({ Bucket: 'results', Key: 'other.txt' });
      });
      assert.deepEqual(spans, []);
      assert.ok(storage.s3.requests.length >= 4 && traced.bedrock.requests.length > 0);
    } finally {
      await storage.close();
    }
  });

  it('lets a command of the one service pass through a client of the other as it does without us', async () => {
    const runtime: BedrockRuntimeClient = traced.client();
    const spans = await traced.spansOf(async () => {
      await Reflect.apply(runtime.send, runtime, [new sdk.GetModelInvocationJobCommand({ jobIdentifier: 'x' })]).catch(() => {});
      await Reflect.apply(client.send, client, [new ConverseCommand({ modelId: CLAUDE, messages: [] })]).catch(() => {});
    });
    assert.deepEqual(spans, []);
  });

  it('knows the commands of SDKs without schemas by their names, and no other of that service', () => {
    class StopModelInvocationJobCommand {
      input = { jobIdentifier: 'x' };
    }
    class DeleteGuardrailCommand {
      input = {};
    }
    assert.equal(commandOf(new StopModelInvocationJobCommand())?.service, 'bedrock');
    assert.equal(commandOf(new DeleteGuardrailCommand()), undefined);
    assert.equal(commandOf(new sdk.GetGuardrailCommand({ guardrailIdentifier: 'g' })), undefined);
  });
});
