import path from 'node:path';
import { object, parseJson, string } from '../../src/read';
import type { JsonObject } from '../../src/types';
import { triggers } from './faults';
import { converseResponse, readConverse } from './models/converse';
import { dialectOf } from './models/dialect';
import { reply } from './models/reply';
import type { BatchOutcome, BatchStorage, RecordCounts } from './types';

/** What one input line has become. */
interface Line {
  text: string;
  failed: boolean;
  inputTokens: number;
  outputTokens: number;
}

/**
 * Reads a job's records and writes its results as Bedrock does: `<output>/<job id>/<input file>.out` for each input file, and
 * `manifest.json.out` beside them. Gives what came of it; undefined where there is nothing to read or to write.
 */
export async function runBatch(
  job: JsonObject & { jobArn: string; modelId: string },
  status: BatchOutcome['status'],
  s3: BatchStorage | undefined,
): Promise<BatchOutcome | undefined> {
  if (!s3 || (status !== 'Completed' && status !== 'PartiallyCompleted')) return undefined;
  const input = string(object(object(job.inputDataConfig)?.s3InputDataConfig)?.s3Uri) ?? '';
  const output = string(object(object(job.outputDataConfig)?.s3OutputDataConfig)?.s3Uri) ?? '';
  const folder = `${output.replace(/\/$/, '')}/${job.jobArn.split('/').at(-1)}`;
  const files = s3.uris(input).filter((uri) => uri === input || uri.endsWith('.jsonl'));
  if (files.length === 0)
    return { status: 'Failed', message: `No input file was found at ${input}.`, records: { total: 0, success: 0, error: 0 } };
  const all: Line[] = [];
  for (const uri of files) {
    const records = (await s3.read(uri))?.toString('utf8').split('\n').filter(Boolean) ?? [];
    const lines = records.map((record, index) => answer(object(parseJson(record)) ?? {}, index, job));
    s3.put(`${folder}/${path.posix.basename(uri)}.out`, Buffer.from(lines.map(({ text }) => `${text}\n`).join('')));
    all.push(...lines);
  }
  const records = tally(all);
  s3.put(`${folder}/manifest.json.out`, Buffer.from(JSON.stringify(manifest(records, all))));
  return { status, records };
}

function answer(record: JsonObject, index: number, job: JsonObject & { modelId: string }): Line {
  const recordId = string(record.recordId) ?? `CALL${String(index + 1).padStart(7, '0')}`;
  const modelInput = object(record.modelInput) ?? {};
  const failed = Object.keys(modelInput).length === 0 || triggers(JSON.stringify(modelInput), 'fail');
  if (failed) {
    const error = { errorCode: 400, errorMessage: 'The record is not a valid request to this model.' };
    return { text: JSON.stringify({ modelInput, error, recordId }), failed, inputTokens: 0, outputTokens: 0 };
  }
  const converse = job.modelInvocationType === 'Converse';
  const dialect = dialectOf(job.modelId, modelInput);
  const answered = reply(converse ? readConverse(modelInput) : dialect.read(modelInput), new Set());
  const modelOutput = converse ? converseResponse(answered, 1) : dialect.whole(answered, modelInput);
  const { input, output } = answered.usage;
  return { text: JSON.stringify({ modelInput, modelOutput, recordId }), failed, inputTokens: input, outputTokens: output };
}

function tally(lines: Line[]): RecordCounts {
  const error = lines.filter(({ failed }) => failed).length;
  return { total: lines.length, success: lines.length - error, error };
}

function manifest({ total, success, error }: RecordCounts, lines: Line[]): JsonObject {
  return {
    totalRecordCount: total,
    processedRecordCount: total,
    successRecordCount: success,
    errorRecordCount: error,
    inputTokenCount: lines.reduce((sum, { inputTokens }) => sum + inputTokens, 0),
    outputTokenCount: lines.reduce((sum, { outputTokens }) => sum + outputTokens, 0),
  };
}
