// What an application can see of the module loader, as JSON. SEEN is a folder with modules that fail and packages that look like the SDK.
const path = require('node:path');
const { _cache: cache } = require('node:module');

Error.stackTraceLimit = 100;
const seen = {};
const folder = process.env.SEEN;

for (const file of ['throws.cjs', 'syntax.cjs', 'misses.cjs', 'requires-throws.cjs', 'absent.cjs', 'bad-sdk.cjs', 'bad-sdk.cjs']) {
  try {
    require(path.join(folder, file));
  } catch (error) {
    seen[`${file} ${Object.keys(seen).length}`] = {
      name: error.name,
      code: error.code,
      stack: error.stack,
      requireStack: error.requireStack,
    };
  }
}

const outside = (file) => file.includes(`${path.sep}node_modules${path.sep}`) || file.startsWith(folder);
for (const name of [
  '@aws-sdk/client-bedrock-runtime',
  path.join(folder, 'node_modules/my-client-bedrock-runtime-helper'),
  path.join(folder, 'node_modules/other'),
]) {
  const before = Reflect.ownKeys(cache);
  const exported = require(name);
  const module = cache[require.resolve(name)];
  const { value, ...exports } = Object.getOwnPropertyDescriptor(module, 'exports');
  seen[name] = {
    module: Reflect.ownKeys(module).map(String),
    exports: { ...exports, same: value === exported && require(name) === exported },
    keys: Reflect.ownKeys(exported).map(String),
    loaded: module.loaded,
    inCache: Reflect.ownKeys(cache).filter((file) => !before.includes(file) && outside(file)),
    circular: exported.circular,
  };
}

console.log(JSON.stringify(seen, null, 2));
