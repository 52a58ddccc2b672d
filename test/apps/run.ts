import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type Bedrock, startBedrock } from '../../demo/bedrock';
import { type Ingest, startIngest } from '../../demo/ingest';

export const ROOT = path.join(__dirname, '..', '..');
export const HOOK = path.join(ROOT, 'hook.mjs');
export const HOOK_CJS = path.join(ROOT, 'hook.cjs');

export interface Program {
  /** Flags for Node, then the program and its arguments. */
  args: string[];
  /** The Node that runs it: the one of this process without it. */
  node?: string;
  cwd?: string;
  /** On top of the environment that leads to the embedded Bedrock and Braintrust. */
  env?: Record<string, string>;
}

/** How a program went: what it said, how often it called Bedrock, and how many spans of it arrived. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
  calls: number;
  spans: number;
}

/** Runs a whole program against a Bedrock and a Braintrust of its own. */
export async function runProgram({ node = process.execPath, args, cwd = ROOT, env = {} }: Program): Promise<Outcome> {
  const [bedrock, ingest] = await Promise.all([startBedrock(), startIngest()]);
  try {
    const child = spawn(node, args, { cwd, env: environment(bedrock, ingest, env), stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { code: child.exitCode, stdout, stderr, calls: bedrock.requests.length, spans: ingest.spans().length };
  } finally {
    await Promise.all([bedrock.close(), ingest.close()]);
  }
}

/** What is wrong with the outcome of a program whose every call should be a span and that should be heard of no more than without us. */
export function complaint({ code, stderr, calls, spans }: Outcome): string | undefined {
  if (code !== 0) return `exit code ${code}: ${stderr.split('\n').find((line) => /error/i.test(line)) ?? stderr}`;
  if (stderr !== '') return `stderr: ${stderr}`;
  if (calls === 0) return 'no call was made';
  return spans === calls ? undefined : `${spans} spans for ${calls} calls`;
}

/** The environment of a program that talks to what is embedded here, with nothing of this process's own settings. */
export function environment(service: Pick<Bedrock, 'env'>, ingest: Ingest, env: Record<string, string>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(AWS|ANTHROPIC|BRAINTRUST)_|^BRAINTRUST|^NODE_|^npm_/.test(name));
  return {
    ...Object.fromEntries(own),
    ...service.env,
    ...ingest.env,
    BRAINTRUST_PROJECT: 'loader',
    AWS_EC2_METADATA_DISABLED: 'true',
    // The SDK's own advice to leave an old Node; it is not ours, and everything else on stderr would be.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...env,
  };
}
