// A server that waits for what its parent asks: whether a part of Node is loaded that the SDK does not need, and tracing does.
require('@aws-sdk/client-bedrock-runtime');

process.on('message', () => process.send(process.moduleLoadList.includes('NativeModule worker_threads')));
process.send('ready');
