// Work whose result comes later, in three processes that know nothing of each other: an ordinary application, without a word about tracing.
//
//   node examples/jobs.mjs submit             starts a film and a batch of questions, and prints their ARNs
//   node examples/jobs.mjs poll <film> <batch>
//   node examples/jobs.mjs read <batch>
//
import { setTimeout as sleep } from 'node:timers/promises';
import { BedrockClient, CreateModelInvocationJobCommand, GetModelInvocationJobCommand } from '@aws-sdk/client-bedrock';
import { BedrockRuntimeClient, GetAsyncInvokeCommand, StartAsyncInvokeCommand } from '@aws-sdk/client-bedrock-runtime';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';

const [step, first, second] = process.argv.slice(2);
const runtime = new BedrockRuntimeClient({});
const bedrock = new BedrockClient({});
const s3 = new S3Client({});
const tell = (who, text) => console.log(`${who.padEnd(10)} ${text}`);

async function submit() {
  const { invocationArn } = await runtime.send(
    new StartAsyncInvokeCommand({
      modelId: 'amazon.nova-reel-v1:1',
      modelInput: { taskType: 'TEXT_VIDEO', textToVideoParams: { text: 'A yellow tram climbs a hill in Lisbon at dawn.' } },
      outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://meridian/films' } },
    }),
  );
  tell('film', invocationArn);
  const { jobArn } = await bedrock.send(
    new CreateModelInvocationJobCommand({
      jobName: 'nightly-questions',
      modelId: 'amazon.nova-lite-v1:0',
      roleArn: 'arn:aws:iam::123456789012:role/batch',
      inputDataConfig: { s3InputDataConfig: { s3Uri: 's3://meridian/in/questions.jsonl' } },
      outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://meridian/out/' } },
    }),
  );
  tell('batch', jobArn);
}

async function poll(invocationArn, jobIdentifier) {
  const until = async (name, isOver, ask) => {
    for (;;) {
      const status = await ask();
      tell(name, status);
      if (isOver.includes(status)) return;
      await sleep(150);
    }
  };
  await until('film', ['Completed', 'Failed'], async () => (await runtime.send(new GetAsyncInvokeCommand({ invocationArn }))).status);
  await until(
    'batch',
    ['Completed', 'PartiallyCompleted', 'Failed', 'Stopped', 'Expired'],
    async () => (await bedrock.send(new GetModelInvocationJobCommand({ jobIdentifier }))).status,
  );
}

async function read(jobIdentifier) {
  const { outputDataConfig } = await bedrock.send(new GetModelInvocationJobCommand({ jobIdentifier }));
  const [, Bucket, folder] = /^s3:\/\/([^/]+)\/(.*)$/.exec(outputDataConfig.s3OutputDataConfig.s3Uri);
  const Prefix = `${folder}${jobIdentifier.split('/').at(-1)}/`;
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
  for (const { Key } of Contents.filter(({ Key }) => Key.endsWith('.jsonl.out'))) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const records = (await Body.transformToString()).trim().split('\n');
    tell('read', `${records.length} records from ${Key}`);
  }
}

await { submit, poll, read }[step](first, second);
for (const client of [runtime, bedrock, s3]) client.destroy();
