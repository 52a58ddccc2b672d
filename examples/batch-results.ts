import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { flush, traceBatchResults } from 'braintrust-bedrock';

const s3 = new S3Client({});

async function main() {
  const results = await s3.send(new GetObjectCommand({ Bucket: 'results', Key: 'nightly/4x7k2m9q1a5z/questions.jsonl.out' }));
  const { records, errors } = await traceBatchResults(results, {
    jobArn: 'arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/4x7k2m9q1a5z',
    model: 'amazon.nova-lite-v1:0',
  });
  console.log(`${records} records, of which ${errors} failed`);
  await flush();
}

main();
