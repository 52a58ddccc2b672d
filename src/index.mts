// The same module for `import`: the package is CommonJS, so that it loads where `require` of an ES module is switched off (AWS Lambda).
export {
  type BatchResultsOptions,
  type BatchResultsSummary,
  configure,
  flush,
  type Options,
  traceBatchResults,
  wrapBedrockRuntime,
  wrapMessageBatches,
} from './index.js';
