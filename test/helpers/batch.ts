import { S3 } from '@aws-sdk/client-s3';
import { startS3 } from '../../demo/s3';
import { remember } from '../../src/jobs/known';

export const CLAUDE = 'anthropic.claude-3-haiku-20240307-v1:0';
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

/** An ARN that no other test has. */
export const arnOf = (id: string) => `arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/${id}`;

/** A job that this process has heard of, and where its results are. */
export function knownResults(id: string, more: Parameters<typeof remember>[1] = {}) {
  remember(arnOf(id), { model: CLAUDE, outputS3Uri: 's3://results/nightly/', submitTime: 1_700_000_000, endTime: 1_700_003_600, ...more });
  return { jobArn: arnOf(id), Bucket: 'results', Key: `nightly/${id}/in.jsonl.out` };
}

/** A line as Bedrock writes it, of a Claude model. */
export function resultLine(recordId: string, text = `Answer ${recordId}: 東京 🗼`) {
  return `${JSON.stringify({
    modelInput: {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 20,
      messages: [{ role: 'user', content: [{ type: 'text', text: `Question ${recordId}` }] }],
    },
    modelOutput: {
      id: `msg_${recordId}`,
      type: 'message',
      role: 'assistant',
      model: 'claude-3-haiku-20240307',
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 12, output_tokens: 7 },
    },
    recordId,
  })}\n`;
}

export const failedLine = (recordId: string) =>
  `${JSON.stringify({ recordId, modelInput: { max_tokens: 20 }, error: { errorCode: 400, errorMessage: 'max_tokens: too few' } })}\n`;

export const resultLines = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => resultLine(`${prefix}${index}`));

/** The real S3 SDK against an embedded S3. */
export async function startStorage(options: Parameters<typeof startS3>[0] = {}) {
  const s3 = await startS3(options);
  const clients: S3[] = [];
  return {
    s3,
    client(config: object = {}) {
      const client = new S3({
        endpoint: s3.url,
        region: 'us-east-1',
        credentials: CREDENTIALS,
        maxAttempts: 1,
        forcePathStyle: true,
        ...config,
      });
      clients.push(client);
      return client;
    },
    close() {
      for (const client of clients) client.destroy();
      return s3.close();
    },
  };
}
