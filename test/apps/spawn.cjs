const { spawn } = require('node:child_process');

spawn(process.execPath, [require.resolve('./require.cjs')], { stdio: 'inherit' }).on('exit', (code) => {
  process.exitCode = code;
});
