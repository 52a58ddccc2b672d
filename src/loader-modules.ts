import { exportOf, guarded, isApplications, mayBe, whenWorker } from './loader-common';

/** The same class as an ES module, by its URL. */
const MODULE = /\/node_modules\/(?:(@[^/]+)\/)?([^/]+)\/resources\/(?:beta\/)?messages\/batches\.mjs(?:[?#]|$)/;
const MODULE_ENDS = 'messages/batches.mjs';

/** What hands over a class that nobody outside its module can reach in time: registered, for the line that is appended to that module. */
const HAND_OVER = 'braintrust-bedrock.batches';
const LINE = `\n;globalThis[Symbol.for('${HAND_OVER}')]?.(typeof Batches === 'undefined' ? undefined : Batches);\n`;

/**
 * ES modules of the SDK of Anthropic: Node asks nobody about those, so their source gets one more line, below all others. Where Node has
 * `registerHooks` (from 22.15 on), that is asked about each module; a loader in a thread of its own would cost each process 40 ms.
 */
export function watchModules(entry: () => string, patch: (namespace: unknown) => void): void {
  const handOver = (batches: unknown): void => guarded(() => patch({ Batches: batches }));
  Object.defineProperty(globalThis, Symbol.for(HAND_OVER), { value: handOver });
  const registerHooks = hooksOfNode();
  if (!registerHooks) {
    watchSources(entry);
    return;
  }
  const load = (url: string, context: unknown, next: (url: string, context: unknown) => object): object => {
    const loaded = next(url, context);
    return isModule(url) ? (guarded(() => withLine(loaded)) ?? loaded) : loaded;
  };
  registerHooks({ load });
}

/** Newer than the types of the oldest Node that we run on. That one has none, and hook.cjs does not have it load `node:module` to hear so. */
function hooksOfNode(): ((hooks: object) => void) | undefined {
  if (process.versions.node.startsWith('20.')) return undefined;
  const found: unknown = exportOf('node:module', 'registerHooks');
  return typeof found === 'function' ? (hooks) => found(hooks) : undefined;
}

/**
 * Before that, Node's loader reads each module by `fs.promises.readFile`, looked up at each call, with a URL and nothing else: any other
 * reading is passed on. Where somebody has loaders in a thread (tsx, for one), it is read there.
 */
function watchSources(entry: () => string): void {
  if (hasLoaded('worker'))
    watchReading(); // this is that thread
  else {
    // A program of CommonJS has not loaded what reads: it is not loaded for us, and what an entry imports is read later than this.
    if (hasLoaded('load')) watchReading();
    else setImmediate(() => hasLoaded('load') && guarded(watchReading)).unref();
    // Before 20.9 a process may wait for ever for the thread that it has asked to register something.
    if (/^20\.[678]\./.test(process.versions.node)) return;
    const armThread = (): void => exportOf('node:module', 'register')(entry()); // it has no hooks, and arms
    if (hasLoaded('hooks')) armThread();
    else whenWorker((worker) => !isApplications(worker), armThread);
  }
}

/** Whether Node has loaded this part of its loader of ES modules. */
function hasLoaded(part: string): boolean {
  const builtIns: unknown = Reflect.get(process, 'moduleLoadList');
  return Array.isArray(builtIns) && builtIns.includes(`NativeModule internal/modules/esm/${part}`);
}

function watchReading(): void {
  const files: { readFile: (this: unknown, path: unknown, options?: unknown) => Promise<unknown> } = exportOf('node:fs', 'promises');
  const original = files.readFile;
  // A method keeps its name when the package is built; a function that nothing calls by its name does not.
  const { readFile } = {
    readFile(this: unknown, path: unknown, options: unknown) {
      const read = original.call(this, path, options);
      if (options !== undefined || !(path instanceof URL && isModule(path.href))) return read;
      return read.then((source) => (Buffer.isBuffer(source) ? Buffer.concat([source, Buffer.from(LINE)]) : source));
    },
  };
  files.readFile = readFile;
}

function isModule(url: string): boolean {
  if (!url.includes(MODULE_ENDS)) return false;
  const [, scope = '', name = ''] = MODULE.exec(url) ?? [];
  return name !== '' && mayBe('@anthropic-ai/sdk', scope, name);
}

function withLine(loaded: object): object {
  const source: unknown = 'source' in loaded ? loaded.source : undefined;
  if (typeof source === 'string') return { ...loaded, source: source + LINE };
  return ArrayBuffer.isView(source) ? { ...loaded, source: Buffer.concat([bytesOf(source), Buffer.from(LINE)]) } : loaded;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);
