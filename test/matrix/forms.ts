import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { HOOK, HOOK_CJS, ROOT } from '../apps/run';

/** A way in which an application loads the SDK, the hook, or both. */
export interface Form {
  name: string;
  /** The program, in `test/apps`. */
  program: string;
  /** What stands in NODE_OPTIONS. */
  options: string;
  /** Flags on the command line. */
  flags?: string[];
  /** Why there is nothing to run with this Node and SDK. */
  without?: (node: readonly number[], sdk: readonly number[]) => string | undefined;
}

export const IMPORT = `--import ${HOOK}`;
export const REQUIRE = `--require ${HOOK_CJS}`;
export const TSX = `--import ${pathToFileURL(path.join(ROOT, 'node_modules', 'tsx', 'dist', 'loader.mjs'))}`;
export const SOURCE = `--import ${path.join(ROOT, 'test', 'apps', 'source-loader.mjs')}`;

/** With each SDK. */
export const FORMS: readonly Form[] = [
  { name: 'import { … }', program: 'import-named.mjs', options: IMPORT },
  { name: 'import * as', program: 'import-namespace.mjs', options: IMPORT },
  { name: 'import default', program: 'import-default.mjs', options: IMPORT },
  { name: 'await import()', program: 'import-dynamic.mjs', options: IMPORT },
  { name: 'import dist-cjs/index.js', program: 'import-deep.mjs', options: IMPORT },
  { name: 'import of a library that requires', program: 'import-indirect.mjs', options: IMPORT },
  { name: 'require', program: 'require.cjs', options: IMPORT },
  { name: 'require dist-cjs/index.js', program: 'require-deep.cjs', options: IMPORT },
  {
    name: 'require dist-cjs/BedrockRuntimeClient.js',
    program: 'require-class.cjs',
    options: IMPORT,
    without: (_node, sdk) => (isBefore(sdk, [3, 574]) ? undefined : 'the SDK has no such file any more'),
  },
  { name: 'import() in CommonJS', program: 'require-import.cjs', options: IMPORT },
  { name: 'import and require', program: 'both-paths.mjs', options: IMPORT },
  { name: 'two versions in one process', program: 'several.cjs', options: IMPORT },
  {
    name: 'no require(esm)',
    program: 'both-paths.mjs',
    options: IMPORT,
    flags: ['--no-experimental-require-module'],
    without: noRequireEsm,
  },
  { name: 'worker thread', program: 'worker.mjs', options: IMPORT },
  { name: 'fork', program: 'fork.cjs', options: IMPORT },
  { name: 'spawn', program: 'spawn.cjs', options: IMPORT },
  { name: 'cluster', program: 'cluster.cjs', options: IMPORT },
  { name: 'tsx, .ts', program: 'typescript.ts', options: `${IMPORT} ${TSX}` },
  { name: 'tsx, .mts', program: 'typescript.mts', options: `${IMPORT} ${TSX}` },
  { name: 'tsx first, .mts', program: 'typescript.mts', options: `${TSX} ${IMPORT}` },
  {
    name: 'loader that gives the source',
    program: 'import-named.mjs',
    options: `${IMPORT} ${SOURCE}`,
    without: (node) => (isBefore(node, [20, 10]) ? 'this Node itself warns of the JSON that the SDK requires' : undefined),
  },
  { name: 'type stripping, .mts', program: 'typescript.mts', options: IMPORT, ...stripping() },
  { name: 'type stripping, .cts', program: 'typescript.cts', options: IMPORT, ...stripping() },
];

/** The other entry, with the first SDK and the newest: what the two do is the same. */
export const FORMS_OF_REQUIRE: readonly Form[] = [
  ...FORMS.map((form) => ({ ...form, name: `${form.name}, hook.cjs`, options: form.options.replace(IMPORT, REQUIRE) })),
  { name: 'both hooks', program: 'import-named.mjs', options: `${IMPORT} ${REQUIRE}` },
  { name: 'worker thread from a string, hook.cjs', program: 'worker-eval.cjs', options: REQUIRE },
];

/** Whether `version` is before `other`. */
export function isBefore(version: readonly number[], other: readonly number[]): boolean {
  for (const [index, part] of other.entries()) {
    const difference = (version[index] ?? 0) - part;
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function noRequireEsm(node: readonly number[]): string | undefined {
  return isBefore(node, [20, 17]) ? 'this Node has no such flag' : undefined;
}

function stripping(): Pick<Form, 'flags' | 'without'> {
  return {
    flags: ['--disable-warning=ExperimentalWarning', '--experimental-strip-types'],
    without: (node) => (isBefore(node, [22, 6]) ? 'this Node does not strip types' : undefined),
  };
}
