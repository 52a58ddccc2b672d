import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { startAnthropic } from '../../demo/anthropic';
import { startIngest } from '../../demo/ingest';
import { environment } from '../apps/run';
import { type Form, IMPORT, isBefore, REQUIRE, SOURCE, TSX } from './forms';

/** The ways in which an application loads the SDK of Anthropic, which has CommonJS and ES modules side by side. */
export const ANTHROPIC_FORMS: readonly Form[] = [
  { name: 'import', program: 'anthropic-import.mjs', options: IMPORT },
  { name: 'import of a file', program: 'anthropic-deep.mjs', options: IMPORT },
  { name: 'import, hook.cjs', program: 'anthropic-import.mjs', options: REQUIRE },
  { name: 'import() in CommonJS', program: 'anthropic-dynamic.cjs', options: IMPORT },
  { name: 'import() in CommonJS, hook.cjs', program: 'anthropic-dynamic.cjs', options: REQUIRE },
  { name: 'require', program: 'anthropic-require.cjs', options: IMPORT },
  { name: 'require, hook.cjs', program: 'anthropic-require.cjs', options: REQUIRE },
  { name: 'worker thread', program: 'anthropic-worker.mjs', options: IMPORT },
  { name: 'tsx, .ts', program: 'anthropic-typescript.ts', options: `${IMPORT} ${TSX}` },
  { name: 'tsx, .mts', program: 'anthropic-typescript.mts', options: `${IMPORT} ${TSX}`, without: noThread },
  { name: 'tsx first, .mts', program: 'anthropic-typescript.mts', options: `${TSX} ${IMPORT}`, without: noThread },
  {
    name: 'loader that gives the source',
    program: 'anthropic-import.mjs',
    options: `${IMPORT} ${SOURCE}`,
    without: (node, sdk) =>
      noThread(node) ??
      (isBefore(node, [20, 10]) && isBefore(sdk, [1]) ? 'this Node itself warns of the JSON that the SDK requires' : undefined),
  },
];

/** There the hook leaves the thread of the loaders alone, and the SDK's ES modules are read in it. */
function noThread(node: readonly number[]): string | undefined {
  return isBefore(node, [20, 9]) ? 'this Node may wait for ever for its thread of loaders, which is left alone' : undefined;
}

/** Runs a program that makes a batch of one request and reads its result; gives what is wrong with the rows that it leaves. */
export async function complaintOf(node: string, program: string, options: string, settings = {}): Promise<string | undefined> {
  const [anthropic, ingest] = await Promise.all([startAnthropic({ pollsUntilDone: 0 }), startIngest()]);
  try {
    const env = environment(anthropic, ingest, { ...settings, NODE_OPTIONS: options });
    // tsx alone takes 5 s of CPU to read this SDK
    const child = spawn(node, [program], { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    if (child.exitCode !== 0) return `exit code ${child.exitCode}: ${stderr}`;
    if (stderr !== '') return `stderr: ${stderr}`;
    if (stdout !== 'succeeded\n') return `stdout: ${stdout}`;
    const names = ingest
      .spans()
      .map(({ span_attributes, output }) => `${span_attributes?.name}${output === undefined ? '' : ' completed'}`);
    const expected = ['anthropic.messages.batches.create completed', 'anthropic.messages.create completed'];
    return names.sort().join() === expected.join() ? undefined : `spans: ${names.join() || 'none'}`;
  } finally {
    await Promise.all([anthropic.close(), ingest.close()]);
  }
}
