import Module = require('node:module');

/** A client to patch: the package and the class that say it is there, and what to do with the exports of a module that has it. */
interface Watched {
  readonly package: string;
  readonly client: string;
  readonly patch: (namespace: unknown) => void;
}

/** A further AWS client is a further line. What patches it is required when it is there, not before. */
const WATCHED: readonly Watched[] = [
  {
    package: '@aws-sdk/client-bedrock-runtime',
    client: 'BedrockRuntimeClient',
    patch: (namespace) => {
      const client: typeof import('./client') = require('./client');
      client.patchBedrockRuntime(namespace);
      isPatched = true;
    },
  },
];

/** Whether a client has been patched, so that the rest of this package is loaded already. */
let isPatched = false;

/** Where every AWS client has its CommonJS, which is what `import` reaches too: there is no `exports` map, and `main` points there. */
const BUILD = 'dist-cjs';

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
 */
export function arm(): void {
  // The other settings are read in config.ts. This one is read here because "off" has to mean that not even that is loaded.
  if (/^\s*(off|0|false|no|none)\s*$/i.test(process.env.BRAINTRUST_BEDROCK ?? '')) return;
  const loader: unknown = Module;
  if (ARMED in globalThis || !isLoader(loader)) return;
  Object.defineProperty(globalThis, ARMED, { value: true });
  const original = loader._nodeModulePaths;
  loader._nodeModulePaths = function _nodeModulePaths(directory) {
    if (typeof directory === 'string') {
      if (directory.endsWith(BUILD)) guarded(() => watch(directory, loader._cache));
      else if (isPatched && BUILT_IN.test(directory)) guarded(() => watchBuiltIn(directory, loader._cache));
    }
    return original.call(this, directory);
  };
  guarded(() => watchLoaded(loader._cache));
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
    if (directory.endsWith(BUILD)) directories.add(directory);
  }
  for (const directory of directories) watch(directory, cache);
}

function watch(directory: string, cache: Cache): void {
  const separator = directory.charAt(directory.length - BUILD.length - 1);
  const [scope = '', name = ''] = directory.split(separator).slice(-3);
  // Under another name it may be an npm alias, the usual way to have two versions: then the class tells. Other packages of AWS are not it.
  const isAlias = !/^@(aws|smithy)/.test(scope);
  const candidates = WATCHED.filter((watched) => isAlias || watched.package === `${scope}/${name}`);
  if (candidates.length === 0) return;
  const found = (module: object): void => whenLoaded(module, (exports) => patch(exports, candidates));
  // Before 3.587 each class had its own file, and a deep import could reach it without the index.
  const files = ['index', ...candidates.map((watched) => watched.client)].map((file) => `${directory}${separator}${file}.js`);
  // `require` has put the module into the cache by now.
  const cached = files.map((file) => cache[file]).filter(isObject);
  if (cached.length > 0) for (const module of cached) found(module);
  else whenCached(files, cache, found);
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
  for (const watched of candidates) if (watched.client in exports) watched.patch(exports);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

let said = false;

function guarded(task: () => void): void {
  try {
    task();
  } catch (error) {
    if (!said) process.stderr.write(`braintrust-bedrock: Bedrock calls are not traced: ${String(error).split('\n', 1)}\n`);
    said = true;
  }
}
