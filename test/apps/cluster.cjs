const cluster = require('node:cluster');

if (cluster.isPrimary) {
  cluster.fork().on('exit', (code) => {
    process.exitCode = code;
  });
} else {
  const { call } = require('./call.cjs');
  call(require('@aws-sdk/client-bedrock-runtime')).then(() => cluster.worker.disconnect());
}
