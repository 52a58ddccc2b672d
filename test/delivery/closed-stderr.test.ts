import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { it } from 'node:test';
import { startBedrock } from '../../demo/bedrock';
import { startIngest } from '../../demo/ingest';
import { environment } from '../helpers/program';

const PROGRAM = `
  const { BedrockRuntime } = require('@aws-sdk/client-bedrock-runtime');
  const messages = [{ role: 'user', content: [{ text: 'Hello' }] }];
  new BedrockRuntime({}).converse({ modelId: 'amazon.nova-lite-v1:0', messages }).then(() => setTimeout(() => {
    console.log('the end');
    process.exitCode = 4;
  }, 300));`;

it('An application whose stderr nobody reads does not die of what it is told there', async () => {
  const [bedrock, ingest] = await Promise.all([startBedrock(), startIngest()]);
  const env = environment(bedrock, ingest, { BRAINTRUST_API_KEY: undefined });
  const child = spawn(process.execPath, ['--import', './hook.mjs', '-e', PROGRAM], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.destroy();
  let said = '';
  child.stdout.on('data', (piece) => {
    said += piece;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  await Promise.all([bedrock.close(), ingest.close()]);
  assert.deepEqual([code, said], [4, 'the end\n']);
});
