import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isObject } from './read';
import { say } from './say';
import { braintrustState, type SpanParent } from './state';

/** What we use of the `braintrust` package where its shared state is not enough. */
export interface Braintrust {
  initLogger(options: object): SpanParent;
  startSpan(args: object): unknown;
}

/**
 * The application's own copy of `braintrust`, the one it has loaded already where it has, else the one beside this package.
 * A second build of it in a process costs 150 ms and 45 MB.
 */
export async function loadBraintrust(): Promise<Braintrust | undefined> {
  const loaded = Object.keys(require.cache).find((file) => /[\\/]braintrust[\\/]dist[\\/]index\.js$/.test(file));
  const file = loaded ?? resolve(process.argv[1]) ?? resolve(join(process.cwd(), 'index.js')) ?? resolve(__filename);
  if (!file) {
    say('the package braintrust cannot be found: Bedrock calls are not traced. npm install braintrust');
    return undefined;
  }
  const found: unknown = !loaded && braintrustState() ? await importModule(file) : require(file);
  return isBraintrust(found) ? found : undefined;
}

function resolve(from: string | undefined): string | undefined {
  try {
    return from ? createRequire(from).resolve('braintrust') : undefined;
  } catch {
    return undefined;
  }
}

/** The state is there but no CommonJS build is: the application has imported the ESM build, which lies beside the other. */
function importModule(file: string): Promise<unknown> {
  return import(pathToFileURL(file.replace(/\.js$/, '.mjs')).href).catch(() => require(file));
}

function isBraintrust(module: unknown): module is Braintrust {
  return isObject(module) && typeof module.initLogger === 'function' && typeof module.startSpan === 'function';
}
