export { wrapBedrockRuntime } from './client';
