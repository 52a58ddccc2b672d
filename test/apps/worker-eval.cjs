const { Worker } = require('node:worker_threads');

new Worker(`require(${JSON.stringify(require.resolve('./require.cjs'))})`, { eval: true });
