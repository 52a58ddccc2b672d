import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  BedrockClient,
  CreateModelInvocationJobCommand,
  type CreateModelInvocationJobCommandInput,
  GetModelInvocationJobCommand,
  ListModelInvocationJobsCommand,
  type ListModelInvocationJobsCommandInput,
  paginateListModelInvocationJobs,
  StopModelInvocationJobCommand,
} from '@aws-sdk/client-bedrock';
import { GetAsyncInvokeCommand, ListAsyncInvokesCommand, StartAsyncInvokeCommand } from '@aws-sdk/client-bedrock-runtime';
import { type Bedrock, type BedrockOptions, failure, startBedrock } from '../../demo/bedrock';
import { startS3 } from '../../demo/s3';
import { isObject, parseJson } from '../../src/read';
import { CLAUDE, clientOf, NOVA } from './clients';

const job = (jobName: string, more: Partial<CreateModelInvocationJobCommandInput> = {}): CreateModelInvocationJobCommandInput => ({
  jobName,
  roleArn: 'arn:aws:iam::123456789012:role/batch',
  modelId: CLAUDE,
  inputDataConfig: { s3InputDataConfig: { s3Uri: 's3://records/in.jsonl' } },
  outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://records/out/' } },
  ...more,
});

async function open(options: BedrockOptions = {}) {
  const bedrock = await startBedrock(options);
  const client = new BedrockClient({
    endpoint: bedrock.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    maxAttempts: 2,
  });
  return {
    bedrock,
    client,
    create: async (input: CreateModelInvocationJobCommandInput) =>
      (await client.send(new CreateModelInvocationJobCommand(input))).jobArn ?? '',
    get: (jobIdentifier: string) => client.send(new GetModelInvocationJobCommand({ jobIdentifier })),
    stop: (jobIdentifier: string) => client.send(new StopModelInvocationJobCommand({ jobIdentifier })),
    [Symbol.asyncDispose]: () => {
      client.destroy();
      return bedrock.close();
    },
  };
}

describe('batch inference of the embedded Bedrock', () => {
  it('takes a job through its states, one for each poll, and tells its records and times', async () => {
    await using context = await open({ pollsUntilDone: 4 });
    const { create, get } = context;
    const arn = await create(job('nightly', { tags: [{ key: 'team', value: 'desk' }], clientRequestToken: 'once' }));
    assert.match(arn, /^arn:aws:bedrock:us-east-1:123456789012:model-invocation-job\/[a-z0-9]{12}$/);
    const states: unknown[] = [];
    for (let poll = 0; poll < 4; poll++) states.push((await get(arn)).status);
    assert.deepEqual(states, ['Submitted', 'Validating', 'Scheduled', 'InProgress']);
    const { $metadata: _, submitTime, lastModifiedTime, endTime, jobExpirationTime, ...done } = await get(arn);
    assert.deepEqual(done, {
      ...job('nightly'),
      jobArn: arn,
      clientRequestToken: 'once',
      status: 'Completed',
      timeoutDurationInHours: 24,
      modelInvocationType: 'InvokeModel',
      totalRecordCount: 100,
      processedRecordCount: 100,
      successRecordCount: 100,
      errorRecordCount: 0,
    });
    for (const time of [submitTime, lastModifiedTime, endTime, jobExpirationTime]) assert.ok(time instanceof Date);
    assert.deepEqual((await get(arn)).endTime, endTime, 'a job that has ended stays as it is');
    assert.equal((await get(arn.split('/')[1] ?? '')).jobArn, arn, 'the id alone names it, too');
  });

  it('has one job for one clientRequestToken', async () => {
    await using context = await open();
    const { create } = context;
    const arn = await create(job('first', { clientRequestToken: 'same' }));
    assert.equal(await create(job('first', { clientRequestToken: 'same' })), arn);
    assert.notEqual(await create(job('first')), arn);
  });

  it('ends a job as its name or the script says', async () => {
    const outcome = { status: 'PartiallyCompleted' as const, message: 'Half.', records: { total: 6, success: 2, error: 1 } };
    await using context = await open({
      pollsUntilDone: 0,
      batch: { outcome: ({ jobName }) => (jobName === 'scripted' ? outcome : undefined) },
    });
    const { create, get } = context;
    for (const [name, status] of [
      ['will-fail', 'Failed'],
      ['partial', 'PartiallyCompleted'],
      ['expires', 'Expired'],
      ['stopped', 'Stopped'],
    ] as const) {
      assert.equal((await get(await create(job(name)))).status, status);
    }
    const scripted = await get(await create(job('scripted')));
    assert.equal(scripted.status, 'PartiallyCompleted');
    assert.equal(scripted.message, 'Half.');
    assert.deepEqual([scripted.totalRecordCount, scripted.processedRecordCount, scripted.errorRecordCount], [6, 3, 1]);
  });

  it('stops a job, and refuses to stop one that has ended', async () => {
    await using context = await open();
    const { create, get, stop } = context;
    const arn = await create(job('long'));
    await get(arn);
    await stop(arn);
    assert.equal((await get(arn)).status, 'Stopping');
    assert.equal((await get(arn)).status, 'Stopped');
    await assert.rejects(stop(arn), { name: 'ConflictException' });
  });

  it('lists by page, status, name and time, the newest first', async () => {
    await using context = await open({ pollsUntilDone: 0 });
    const { client, create } = context;
    for (const name of ['a-1', 'a-2', 'fail-3']) await create(job(name));
    const names: unknown[] = [];
    let pages = 0;
    for await (const page of paginateListModelInvocationJobs({ client, pageSize: 2 }, {})) {
      pages++;
      names.push(...(page.invocationJobSummaries ?? []).map(({ jobName }) => jobName));
    }
    assert.deepEqual([pages, names], [2, ['fail-3', 'a-2', 'a-1']]);
    const list = async (input: ListModelInvocationJobsCommandInput) =>
      (await client.send(new ListModelInvocationJobsCommand(input))).invocationJobSummaries?.map(({ jobName }) => jobName);
    assert.deepEqual(await list({ statusEquals: 'Failed' }), ['fail-3']);
    assert.deepEqual(await list({ nameContains: 'a-', sortOrder: 'Ascending' }), ['a-1', 'a-2']);
    assert.deepEqual(await list({ submitTimeAfter: new Date(Date.now() + 60_000) }), []);
  });

  it('answers as AWS does what it does not know and what is not valid', async () => {
    await using context = await open();
    const { create, get, stop } = context;
    await assert.rejects(get('nosuchjob000'), { name: 'ResourceNotFoundException' });
    await assert.rejects(stop('nosuchjob000'), { name: 'ResourceNotFoundException' });
    await assert.rejects(create(job('not a name')), { name: 'ValidationException' });
    await assert.rejects(create(job('n', { roleArn: '' })), { name: 'ValidationException' });
    await assert.rejects(create(job('n', { timeoutDurationInHours: 2 })), { name: 'ValidationException' });
  });

  it('answers what a script says, by operation', async () => {
    await using context = await open({
      respond: ({ operation, attempt }) =>
        operation === 'CreateModelInvocationJob' && attempt === 1 ? failure(429, 'ThrottlingException', 'Slow down.') : undefined,
    });
    await context.create(job('again'));
    assert.deepEqual(
      context.bedrock.requests.map(({ operation, attempt }) => `${operation} ${attempt}`),
      ['CreateModelInvocationJob 1', 'CreateModelInvocationJob 2'],
    );
  });

  it('reads the records from S3 and writes the results and the manifest there', async () => {
    const request = (content: string) => ({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 99,
      messages: [{ role: 'user', content }],
    });
    const records = [
      { recordId: 'one', modelInput: request('Please translate this.') },
      { recordId: 'two', modelInput: request('an impossible scene') },
      { modelInput: request('hello') },
    ];
    const s3 = await startS3({ objects: { 's3://records/in.jsonl': records.map((record) => `${JSON.stringify(record)}\n`).join('') } });
    await using context = await open({ pollsUntilDone: 0, batch: { s3 } });
    const { create, get } = context;
    const arn = await create(job('real'));
    const folder = `s3://records/out/${arn.split('/')[1]}`;
    const lines = (await s3.read(`${folder}/in.jsonl.out`))?.toString().trim().split('\n').map(parseJson) ?? [];
    const manifest = parseJson((await s3.read(`${folder}/manifest.json.out`))?.toString() ?? '');
    assert.deepEqual(lines[1], {
      ...records[1],
      error: { errorCode: 400, errorMessage: 'The record is not a valid request to this model.' },
    });
    assert.ok(isObject(lines[0]) && isObject(lines[0].modelOutput) && isObject(lines[2]));
    assert.deepEqual(lines[0].modelOutput.content, [{ type: 'text', text: 'Onde fica a estação de comboios mais próxima?' }]);
    assert.equal(lines[2].recordId, 'CALL0000003');
    assert.ok(isObject(manifest));
    assert.deepEqual([manifest.totalRecordCount, manifest.successRecordCount, manifest.errorRecordCount], [3, 2, 1]);
    assert.equal((await get(arn)).successRecordCount, 2);
    const lost = await create(job('lost', { inputDataConfig: { s3InputDataConfig: { s3Uri: 's3://records/none.jsonl' } } }));
    assert.equal((await get(lost)).status, 'Failed');
    await s3.close();
  });

  it('writes the shape of Converse for a job of Converse requests', async () => {
    const record = { recordId: 'one', modelInput: { messages: [{ role: 'user', content: [{ text: 'translate' }] }] } };
    const s3 = await startS3({ objects: { 's3://records/in.jsonl': JSON.stringify(record) } });
    await using context = await open({ pollsUntilDone: 0, batch: { s3 } });
    const arn = await context.create(job('talk', { modelId: NOVA, modelInvocationType: 'Converse' }));
    const line = parseJson((await s3.read(`s3://records/out/${arn.split('/')[1]}/in.jsonl.out`))?.toString() ?? '');
    assert.ok(isObject(line) && isObject(line.modelOutput));
    assert.equal(line.modelOutput.stopReason, 'end_turn');
    await s3.close();
  });
});

describe('the environment of the embedded Bedrock', () => {
  let bedrock: Bedrock;
  before(async () => {
    bedrock = await startBedrock({ pollsUntilDone: 0 });
    Object.assign(process.env, bedrock.env);
  });
  after(async () => {
    for (const name of Object.keys(bedrock.env)) delete process.env[name];
    await bedrock.close();
  });

  it('is all that the control plane’s client needs', async () => {
    const client = new BedrockClient({});
    await client.send(new CreateModelInvocationJobCommand(job('from-the-environment')));
    client.destroy();
    assert.equal(bedrock.requests.at(-1)?.operation, 'CreateModelInvocationJob');
  });

  it('has an asynchronous job done at once where no poll is wanted, for a List to see', async () => {
    const client = clientOf(bedrock.url);
    const outputDataConfig = { s3OutputDataConfig: { s3Uri: 's3://films/' } };
    const start = new StartAsyncInvokeCommand({ modelId: 'amazon.nova-reel-v1:1', modelInput: {}, outputDataConfig });
    const { invocationArn } = await client.send(start);
    const { asyncInvokeSummaries } = await client.send(new ListAsyncInvokesCommand({}));
    assert.deepEqual(
      asyncInvokeSummaries?.map((summary) => [summary.invocationArn, summary.status]),
      [[invocationArn, 'Completed']],
    );
    assert.equal((await client.send(new GetAsyncInvokeCommand({ invocationArn }))).status, 'Completed');
    client.destroy();
  });
});
