// What the process has loaded by its end, as JSON. LOAD is a module to load on the way.
const { _cache: cache } = module.constructor; // `node:module` is a part of Node that a hook may load

if (process.env.LOAD) require(process.env.LOAD);
process.on('exit', () => console.log(JSON.stringify({ files: Object.keys(cache), builtins: process.moduleLoadList })));
