import { spawnSync } from 'node:child_process';
import os from 'node:os';

const last = os.availableParallelism() - 1;

/** Whether processes can be put on one core and leave another to the servers: with the `taskset` of Linux. */
export const canShareCore = (): boolean => last > 0 && spawnSync('taskset', ['--version']).status === 0;

/** Puts processes, with all of their threads, on the last core of the machine, so that they take turns of a few milliseconds. */
export function shareCore(pids: readonly number[]): void {
  for (const pid of pids) {
    const { status, stderr } = spawnSync('taskset', ['-a', '-c', '-p', String(last), String(pid)], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`taskset: ${stderr}`);
  }
}
