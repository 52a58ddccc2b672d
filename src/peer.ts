import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isObject } from './read';

/** What we use of the `braintrust` package where its shared state is not enough. */
export interface Braintrust {
  startSpan(args: object): unknown;
}

let imported: Braintrust | undefined;

/** The application's own copy of `braintrust`, where it has loaded one that can be had without waiting. */
export function loadedBraintrust(): Braintrust | undefined {
  const file = Object.keys(require.cache).find((name) => /[\\/]braintrust[\\/]dist[\\/]index\.js$/.test(name));
  const found: unknown = file ? require(file) : undefined;
  return isBraintrust(found) ? found : imported;
}

/**
 * The same where the application has imported the ES module: it lies beside the CommonJS build, and importing it again costs nothing, while
 * a second build in a process would cost 150 ms and 45 MB.
 */
export async function importBraintrust(): Promise<Braintrust | undefined> {
  const file = resolve(process.argv[1]) ?? resolve(join(process.cwd(), 'index.js')) ?? resolve(__filename);
  const found: unknown = file && (await import(pathToFileURL(file.replace(/\.js$/, '.mjs')).href).catch(() => require(file)));
  imported = isBraintrust(found) ? found : undefined;
  return imported;
}

function resolve(from: string | undefined): string | undefined {
  try {
    // Loaded where it is needed: it brings in Node's loader of ES modules.
    const { createRequire }: typeof import('node:module') = require('node:module');
    return from ? createRequire(from).resolve('braintrust') : undefined;
  } catch {
    return undefined;
  }
}

function isBraintrust(module: unknown): module is Braintrust {
  return isObject(module) && typeof module.startSpan === 'function';
}
