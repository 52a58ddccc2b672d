import { guarded, isApplications, isObject, mayBe, whenWorker } from './loader-common';
import { watchModules } from './loader-modules';

/** A class to patch: where it is, and what to do with the exports of a module that has it. */
interface Watched {
  readonly package: string;
  readonly class: string;
  /** The folder of the package, and its files, that export the class. */
  readonly folder: string;
  readonly files: readonly string[];
  readonly patch: (namespace: unknown) => void;
}

/**
 * Where every AWS client has its CommonJS, which is what `import` reaches too: there is no `exports` map, and `main` points there.
 * Before 3.587 each class had its own file, and a deep import could reach it without the index.
 */
const awsClient = (name: string, client: string, patch: Watched['patch']): Watched => ({
  package: `@aws-sdk/${name}`,
  class: client,
  folder: 'dist-cjs',
  files: ['index', client],
  patch,
});

/** Message Batches, of which the SDK of Anthropic has two: with and without `beta`. `import` reaches other files of it, see loader-modules.ts. */
const messageBatches = (folder: string): Watched => ({
  package: '@anthropic-ai/sdk',
  class: 'Batches',
  folder,
  files: ['batches'],
  patch: patchMessageBatches,
});

/** A further AWS client is a further line. What patches it is required when it is there, not before. */
const WATCHED: readonly Watched[] = [
  awsClient('client-bedrock-runtime', 'BedrockRuntimeClient', (namespace) => {
    const client: typeof import('./client') = require('./client');
    client.patchBedrockRuntime(namespace);
    isPatched = true;
  }),
  awsClient('client-bedrock', 'BedrockClient', (namespace) => {
    const controlPlane: typeof import('./jobs/control-plane') = require('./jobs/control-plane');
    controlPlane.patchBedrock(namespace);
  }),
  awsClient('client-s3', 'S3Client', (namespace) => {
    const s3: typeof import('./jobs/s3') = require('./jobs/s3');
    s3.patchS3(namespace);
  }),
  messageBatches('resources/messages'),
  messageBatches('resources/beta/messages'),
];

function patchMessageBatches(namespace: unknown): void {
  const batches: typeof import('./jobs/message-batches') = require('./jobs/message-batches');
  batches.patchMessageBatches(namespace);
}

/** Whether a client has been patched, so that the rest of this package is loaded already. */
let isPatched = false;

/** How the folders above end: the question that every module of a process is asked. */
const isWatched = (directory: string): boolean => directory.endsWith('dist-cjs') || directory.endsWith('messages');

/**
 * Where `braintrust` has its CommonJS. Its instrumentation of Bedrock has to be replaced before the application's next statement, which may
 * wrap a client and call it; nothing else tells in time. (As an ES module it is found by its state, see built-in.ts.)
 */
const BUILT_IN = /[\\/]braintrust[\\/]dist$/;

/** Registered, so that the other entry and another copy of the package see that one is already watching. */
const ARMED = Symbol.for('braintrust-bedrock.armed');

/**
 * Hands each copy of the AWS SDK to what patches it, the moment it has finished loading, from now on.
 *
 * Node asks `Module._nodeModulePaths` about every CommonJS module, on every version, whether it comes by `require`, by `import`, or from
 * another loader that supplies its source (`Module._load` never runs there). It asks before the module runs and has its answer by then: no
 * frame of ours is on a stack that the application sees, and a process without the SDK pays one string comparison a module.
 * @param loader Node's own class `Module`
 * @param entry gives the URL of hook.mjs
 */
export const arm = (loader: unknown, entry: () => string): void => guarded(() => watchLoader(loader, entry));

function watchLoader(loader: unknown, entry: () => string): void {
  // The other settings are read in config.ts. This one is read here because "off" has to mean that not even that is loaded.
  const setting = process.env.BRAINTRUST_BEDROCK;
  if (setting !== undefined && /^\s*(off|0|false|no|none)\s*$/i.test(setting)) return;
  if (ARMED in globalThis || !isLoader(loader)) return;
  Object.defineProperty(globalThis, ARMED, { value: true });
  const original = loader._nodeModulePaths;
  loader._nodeModulePaths = function _nodeModulePaths(directory) {
    if (typeof directory === 'string') {
      if (isWatched(directory)) guarded(() => watch(directory, loader._cache));
      else if (isPatched && BUILT_IN.test(directory)) guarded(() => watchBuiltIn(directory, loader._cache));
    }
    return original.call(this, directory);
  };
  guarded(() => watchLoaded(loader._cache));
  guarded(() => watchModules(entry, patchMessageBatches));
  // Emitted before the worker runs: it finds somebody to hand its rows to.
  whenWorker(isApplications, receive);
}

function receive(): void {
  const threads: typeof import('./delivery/threads') = require('./delivery/threads');
  threads.receive();
}

/** The parts of `node:module` that are patched by everybody and typed by nobody. */
interface Loader {
  _nodeModulePaths: (this: unknown, directory: unknown) => unknown;
  readonly _cache: Cache;
}
type Cache = Record<string, unknown>;

function isLoader(value: unknown): value is Loader {
  if (typeof value !== 'function' || !('_nodeModulePaths' in value && '_cache' in value)) return false;
  return typeof value._nodeModulePaths === 'function' && typeof value._cache === 'object' && value._cache !== null;
}

/** An SDK that was there before us, because another `--require` or `--import` stood in front of ours. */
function watchLoaded(cache: Cache): void {
  const directories = new Set<string>();
  for (const filename of Object.keys(cache)) {
    const directory = filename.slice(0, Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')));
    if (isWatched(directory)) directories.add(directory);
  }
  for (const directory of directories) watch(directory, cache);
}

function watch(directory: string, cache: Cache): void {
  const separator = directory.includes('/') ? '/' : '\\';
  const path = directory.split(separator);
  const candidates = WATCHED.filter((watched) => isIn(watched, path));
  if (candidates.length === 0) return;
  const found = (module: object): void => whenLoaded(module, (exports) => patch(exports, candidates));
  const names = new Set(candidates.flatMap((watched) => watched.files));
  const files = [...names].map((file) => `${directory}${separator}${file}.js`);
  // `require` has put the module into the cache by now.
  const cached = files.map((file) => cache[file]).filter(isObject);
  if (cached.length > 0) for (const module of cached) found(module);
  else whenCached(files, cache, found);
}

function isIn(watched: Watched, path: readonly string[]): boolean {
  const folder = watched.folder.split('/');
  const [scope = '', name = ''] = path.slice(-folder.length - 2);
  return folder.join() === path.slice(-folder.length).join() && mayBe(watched.package, scope, name);
}

function watchBuiltIn(directory: string, cache: Cache): void {
  const module = cache[`${directory}${directory.charAt(directory.length - 'dist'.length - 1)}index.js`];
  if (!isObject(module)) return;
  whenLoaded(module, () => {
    const builtIn: typeof import('./built-in') = require('./built-in');
    builtIn.replaceBuiltInWhenLoaded();
  });
}

/** `import` puts the module into the cache in its next statement, with nothing in between to be called from. */
function whenCached(files: readonly string[], cache: Cache, then: (module: object) => void): void {
  const get = (): undefined => undefined;
  for (const file of files) {
    const set = (value: unknown): void => {
      Object.defineProperty(cache, file, { value, writable: true, enumerable: true, configurable: true });
      clear();
      if (isObject(value)) guarded(() => then(value));
    };
    Object.defineProperty(cache, file, { get, set, enumerable: false, configurable: true });
  }
  // It was for one of them, or for another file of the directory: nothing is left behind in `require.cache`.
  const clear = (): void => {
    for (const file of files) if (Object.getOwnPropertyDescriptor(cache, file)?.get === get) delete cache[file];
  };
  queueMicrotask(clear);
}

/** Node reads `module.exports` when the module has run, on its way to whoever asked for it: the first to get it gets it patched. */
function whenLoaded(module: object, then: (exports: unknown) => void): void {
  const exported = Object.getOwnPropertyDescriptor(module, 'exports');
  // An accessor is ours already, or somebody else's who has plans with it.
  if (!exported?.configurable || !('value' in exported)) return;
  const get = (): unknown => {
    if ('loaded' in module && module.loaded === true) {
      Object.defineProperty(module, 'exports', exported);
      guarded(() => then(exported.value));
    }
    return exported.value;
  };
  const set = (value: unknown): void => {
    exported.value = value;
  };
  Object.defineProperty(module, 'exports', { get, set, enumerable: true, configurable: true });
  // Loaded before us: there may be nobody left to read it.
  get();
}

function patch(exports: unknown, candidates: readonly Watched[]): void {
  if (!isObject(exports)) return;
  for (const watched of candidates) if (watched.class in exports) watched.patch(exports);
}
