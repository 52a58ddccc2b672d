// What the process has loaded by its end, as JSON. LOAD is a module to load on the way.
const { _cache: cache } = require('node:module');

if (process.env.LOAD) require(process.env.LOAD);
process.on('exit', () => console.log(JSON.stringify({ files: Object.keys(cache), builtins: process.moduleLoadList })));
