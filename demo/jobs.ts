import { type Bedrock, startBedrock } from './bedrock';
import { type Ingest, startIngest } from './ingest';
import { startS3 } from './s3';

const QUESTIONS = [
  'Which tram goes to the castle?',
  'Is the museum of tiles open on Mondays?',
  'Where do I get the fast train to Porto?',
  'Draw me an impossible scene.',
];

/** What a demo of jobs needs around its processes. */
export interface JobsDemo {
  bedrock: Bedrock;
  ingest: Ingest;
  env: Record<string, string>;
  close(): Promise<unknown>;
}

/** A Bedrock with batch inference, an S3 with the questions in it, and a Braintrust, on loopback. */
export async function startJobs(): Promise<JobsDemo> {
  const records = QUESTIONS.map((text, index) => ({
    recordId: `question-${index + 1}`,
    modelInput: { messages: [{ role: 'user', content: [{ text }] }], inferenceConfig: { maxTokens: 300 } },
  }));
  const input = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const s3 = await startS3({ objects: { 's3://meridian/in/questions.jsonl': input } });
  const [bedrock, ingest] = await Promise.all([startBedrock({ latencyMs: 60, pollsUntilDone: 1, batch: { s3 } }), startIngest()]);
  return {
    bedrock,
    ingest,
    env: { ...bedrock.env, ...s3.env, ...ingest.env, BRAINTRUST_PROJECT: 'travel-assistant' },
    close: () => Promise.all([bedrock.close(), ingest.close(), s3.close()]),
  };
}
