// A loader like those of TypeScript runners and instrumentations: it hands Node the source of CommonJS, so that `Module._load` never runs.
import { readFileSync } from 'node:fs';
import * as module from 'node:module';
import { isMainThread } from 'node:worker_threads';

const withSource = (url, loaded) =>
  loaded.format === 'commonjs' ? { ...loaded, source: loaded.source ?? readFileSync(new URL(url)) } : loaded;

export async function load(url, context, next) {
  return withSource(url, await next(url, context));
}

// In the thread of the hooks this file is the loader, in the other it is what registers it: `--import source-loader.mjs`.
if (isMainThread && module.registerHooks) module.registerHooks({ load: (url, context, next) => withSource(url, next(url, context)) });
else if (isMainThread) module.register(import.meta.url);
