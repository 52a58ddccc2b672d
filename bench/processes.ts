import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { isObject, number, object, parseJson } from '../src/read';
import { type Contender, ROOT, WORKLOADS } from './contenders';
import type { Servers } from './servers';

export interface Surroundings {
  node: string;
  servers: Servers;
  /** The folder of the answers to calls that never leave the application. */
  answers: string;
}

/** What a process needs in its environment, without what this one has of AWS, Braintrust and Node. */
export function environment(
  { servers, answers }: Surroundings,
  contender: Contender,
  settings: Record<string, string> = {},
): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(AWS|BRAINTRUST|NODE|BENCH)_|^BRAINTRUST|^npm_/.test(name));
  return {
    ...Object.fromEntries(own),
    ...servers.bedrock,
    ...servers.ingest.env,
    BRAINTRUST_PROJECT: contender.id,
    BENCH_ANSWERS: answers,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...(contender.logger && { BENCH_LOGGER: '1' }),
    ...contender.settings,
    ...settings,
  };
}

/** An application of a contender, that waits for orders. */
export interface Application {
  contender: Contender;
  pid: number;
  order(order: string, details?: object): Promise<Record<string, number>>;
  close(): Promise<void>;
}

export async function startApplication(
  surroundings: Surroundings,
  contender: Contender,
  settings: Record<string, string> = {},
  flags: readonly string[] = [],
): Promise<Application> {
  const child = fork(path.join(WORKLOADS, 'application.mjs'), [], {
    execPath: surroundings.node,
    execArgv: [...flags, ...contender.flags],
    cwd: ROOT,
    env: environment(surroundings, contender, settings),
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  // A Braintrust that is down is told of; what goes wrong comes with the answer.
  child.stderr?.resume();
  await answerOf(child);
  return {
    contender,
    pid: child.pid ?? Number.NaN,
    async order(order, details = {}) {
      const answer = answerOf(child);
      child.send({ order, ...details });
      return answer;
    },
    async close() {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}

async function answerOf(child: ChildProcess): Promise<Record<string, number>> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    const [message] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(() => Promise.reject(new Error('the application has ended'))),
    ]);
    if (isObject(message) && message.failed) throw new Error(String(message.failed));
    return numbers(message);
  } finally {
    waiting.abort();
  }
}

/** How a whole program went. */
export interface Run {
  wallMs: number;
  /** Of the process and all of its threads, to its very end. */
  cpuMs: number;
  /** What the program said of itself. */
  said: Record<string, number>;
  /** When it was gone, as `Date.now()` with fractions. */
  endedAt: number;
}

/** The shell's `time` asks the kernel when the process is gone: what Node does to end is in it, too. */
const TIMED = 'TIMEFORMAT="%R %U %S"; exec 3>&2; time "$@" 2>&3';

/** Runs a program once. */
export async function runProgram(node: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Run> {
  const child = spawn('bash', ['-c', TIMED, 'bash', node, ...args], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  const [out, told] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const endedAt = performance.timeOrigin + performance.now();
  const [wall = 0, user = 0, system = 0] = (told.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  if (child.exitCode !== 0 || Number.isNaN(wall)) throw new Error(`${args.join(' ')} ended with ${child.exitCode}: ${told}`);
  return { wallMs: wall * 1000, cpuMs: (user + system) * 1000, said: numbers(parseJson(out)), endedAt };
}

function numbers(message: unknown): Record<string, number> {
  const entries = Object.entries(object(message) ?? {}).map(([name, value]): [string, number] => [name, number(value) ?? 0]);
  return Object.fromEntries(entries);
}
