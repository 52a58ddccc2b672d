import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Bedrock } from '../../demo/bedrock';
import type { Ingest } from '../../demo/ingest';

const ROOT = join(__dirname, '../..');

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Environment of a program that talks to the embedded Bedrock and ingest, with nothing of this process's own Braintrust or AWS settings. */
export function environment(bedrock: Bedrock, ingest: Ingest, more: Record<string, string | undefined> = {}): NodeJS.ProcessEnv {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AWS_|BRAINTRUST_|NODE_OPTIONS|NODE_TEST)/.test(name)),
  );
  const all = { ...clean, ...bedrock.env, ...ingest.env, NODE_NO_WARNINGS: '1', ...more };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Runs a whole program as a user would: `args` are Node's. */
export function runProgram(args: string[], env: NodeJS.ProcessEnv, cwd = ROOT): Promise<Outcome> {
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (piece) => (text[name] += piece));
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => resolve({ code, signal, ...text }));
  });
}
