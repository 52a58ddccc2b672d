import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';

/** Whether processes can be put on one core and leave another to the servers: with the `taskset` of Linux. */
export const canShareCore = (): boolean =>
  os.availableParallelism() > 1 && existsSync('/proc/self/status') && spawnSync('taskset', ['--version']).status === 0;

/**
 * Puts processes, with all of their threads, on the last core that this one may use, where they take turns: of 100 ms, as Linux has it for
 * `SCHED_RR`, so that each has its caches to itself most of the time. That takes a privilege; without it the turns are of a few milliseconds.
 */
export function shareCore(pids: readonly number[]): void {
  const [, core = ''] = /^Cpus_allowed_list:.*?(\d+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  for (const pid of pids) {
    const { status, stderr } = spawnSync('taskset', ['-a', '-c', '-p', core, String(pid)], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`taskset: ${stderr}`);
    spawnSync('chrt', ['-a', '-r', '-p', '1', String(pid)]);
  }
}
