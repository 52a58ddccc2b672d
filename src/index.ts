export { wrapBedrockRuntime } from './client';
export { configure, type Options } from './policy';
