import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { answerTo } from './servers/answers';

/** Writes the answers of the embedded Bedrock to files, for the applications that answer themselves. Gives their folder. */
export function writeAnswers(): { folder: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
  const write = (name: string, operation: string, modelId: string, body = {}) => {
    const answer = answerTo(operation, modelId, body);
    writeFileSync(path.join(folder, name), 'body' in answer ? answer.body : Buffer.concat(answer.events.filter(Buffer.isBuffer)));
  };
  write('converse', 'Converse', 'nova');
  write('invoke', 'InvokeModel', 'claude');
  write('embedding', 'InvokeModel', 'embed');
  for (const events of [10, 1000]) {
    write(`converse-stream-${events}`, 'ConverseStream', 'nova', { inferenceConfig: { maxTokens: events } });
    write(`invoke-with-response-stream-${events}`, 'InvokeModelWithResponseStream', 'claude', { max_tokens: events });
  }
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}
