// A part of a job's life, in a process of its own: `submit`, then in others `poll <arn> <times>` and `list`.
import {
  BedrockRuntimeClient,
  GetAsyncInvokeCommand,
  ListAsyncInvokesCommand,
  StartAsyncInvokeCommand,
} from '@aws-sdk/client-bedrock-runtime';

const [what, argument, times = '1'] = process.argv.slice(2);
const client = new BedrockRuntimeClient({});
if (what === 'submit') {
  const command = new StartAsyncInvokeCommand({
    modelId: 'amazon.nova-reel-v1:0',
    modelInput: { taskType: 'TEXT_VIDEO', textToVideoParams: { text: argument } },
    outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://films/out' } },
    clientRequestToken: process.env.TOKEN,
    tags: [{ key: 'team', value: 'film' }],
  });
  for (let count = 0; count < Number(times); count++) console.log((await client.send(command)).invocationArn);
}
if (what === 'mutate') {
  const modelInput = { taskType: 'TEXT_VIDEO', textToVideoParams: { text: argument } };
  const input = { modelId: 'amazon.nova-reel-v1:0', modelInput, outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://films/out' } } };
  const answer = client.send(new StartAsyncInvokeCommand(input));
  setTimeout(() => {
    modelInput.textToVideoParams.text = 'another film';
  }, 100);
  console.log((await answer).invocationArn);
}
if (what === 'poll') {
  for (let count = 0; count < Number(times); count++) {
    console.log((await client.send(new GetAsyncInvokeCommand({ invocationArn: argument }))).status);
  }
}
if (what === 'list')
  console.log((await client.send(new ListAsyncInvokesCommand({}))).asyncInvokeSummaries.map(({ status }) => status).join());
client.destroy();
