import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Contender, contenders, REQUIRED, WORKLOADS } from '../contenders';
import { Rounds } from '../figures';
import { environment, runProgram, type Surroundings } from '../processes';
import type { Section } from '../section';
import { inTurn, rotated } from '../statistics';

const PROGRAMS = [
  { name: 'start-up: an empty program', program: 'empty.cjs', loadsSdk: false },
  // For these Node has its loader of ES modules at work with and without us; for the others `--import` brings it.
  { name: 'start-up: an empty ES module', program: 'empty.mjs', loadsSdk: false },
  { name: 'start-up: a program that imports the SDK', program: 'import-sdk.mjs', loadsSdk: true },
  { name: 'start-up: a program that requires the SDK', program: 'require-sdk.cjs', loadsSdk: true },
] as const;

const METRICS = [
  { name: 'cpu', unit: 'ms CPU' },
  { name: 'wall', unit: 'ms' },
  { name: 'rss', unit: 'MB RSS' },
  { name: 'files', unit: 'files opened' },
  { name: 'threads', unit: 'threads' },
];

/** What tracing costs before the first call, and in all the processes that never make one. */
export const startup: Section = {
  name: 'startup',
  async *run(surroundings, { quick, say }) {
    for (const { name, program, loadsSdk } of quick ? PROGRAMS.slice(0, 1) : PROGRAMS) {
      say(name);
      const [none, again, floor, ours, theirs] = contenders('none', 'again', 'floor', 'ours', 'theirs');
      if (!none || !again || !floor || !ours || !theirs) return;
      // What `--import` itself costs is the floor here: a `send` to replace there is none.
      const empty = { ...floor, label: 'an empty --import', flags: ['--import', pathToFileURL(path.join(WORKLOADS, 'empty.mjs')).href] };
      const imported = { ...ours, label: `${ours.label}, --import` };
      const required = { ...ours, id: 'ours-required', label: `${ours.label}, --require`, flags: REQUIRED };
      const taking = [none, again, empty, required, imported, theirs];
      const rounds = new Rounds();
      for (let round = -1; round < (quick ? 2 : loadsSdk ? 9 : 50); round++) {
        await inTurn(rotated(taking, round + 1), async (contender) => {
          const sample = await measure(surroundings, contender, program);
          if (round < 0) rounds.add(contender.id, await vitals(surroundings, contender, program));
          else rounds.add(contender.id, sample);
        });
      }
      yield rounds.figures(name, taking, METRICS);
    }
  },
};

async function measure(surroundings: Surroundings, contender: Contender, program: string): Promise<Record<string, number>> {
  const { cpuMs, wallMs } = await runProgram(
    surroundings.node,
    [...contender.flags, path.join(WORKLOADS, program)],
    environment(surroundings, contender),
  );
  return { cpu: cpuMs, wall: wallMs };
}

/** What does not change from run to run, from runs of their own: asking for it costs something. */
async function vitals(surroundings: Surroundings, contender: Contender, program: string): Promise<Record<string, number>> {
  const args = [...contender.flags, path.join(WORKLOADS, program)];
  const env = environment(surroundings, contender);
  const { said } = await runProgram(surroundings.node, ['--require', path.join(WORKLOADS, 'vitals.cjs'), ...args], env);
  const files = opened(surroundings.node, args, env);
  return { rss: (said.rss ?? 0) / 1e6, threads: said.threads ?? 0, ...(files !== undefined && { files }) };
}

/** How many files the process opens, by the word of the kernel. */
function opened(node: string, args: readonly string[], env: NodeJS.ProcessEnv): number | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
  try {
    const trace = path.join(folder, 'trace');
    const { status } = spawnSync('strace', ['-f', '-e', 'trace=open,openat', '-o', trace, node, ...args], { env });
    if (status !== 0) return undefined;
    // Not counted: what the kernel and the C library offer, and the package.json that Node reads to learn what a package's files are.
    const files = readFileSync(trace, 'utf8')
      .split('\n')
      .flatMap((line) => /"(\/[^"]+)".* = \d+$/.exec(line)?.[1] ?? [])
      .filter((file) => !/^\/(proc|sys|dev|etc|lib|usr\/lib)|\/package\.json$/.test(file));
    return files.length;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
