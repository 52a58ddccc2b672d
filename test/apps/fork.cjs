const { fork } = require('node:child_process');

fork(require.resolve('./import-named.mjs')).on('exit', (code) => {
  process.exitCode = code;
});
