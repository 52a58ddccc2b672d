// A server that loads the SDK and then has nothing to do until its parent asks: whether a part of Node is loaded that tracing needs and the SDK does not.
process.on('message', () => process.send(process.moduleLoadList.includes('NativeModule perf_hooks')));
process.send('ready');
setTimeout(() => require('@aws-sdk/client-bedrock-runtime'), 100);
