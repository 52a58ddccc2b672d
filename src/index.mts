// The same module for `import`: the package is CommonJS, so that it loads where `require` of an ES module is switched off (AWS Lambda).
export { configure, flush, type Options, wrapBedrockRuntime, wrapMessageBatches } from './index.js';
