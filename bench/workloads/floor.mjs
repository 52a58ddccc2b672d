// The least that tracing could be: a `send` that calls the one it replaces.
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';

const { send } = BedrockRuntimeClient.prototype;
BedrockRuntimeClient.prototype.send = function (...args) {
  return send.apply(this, args);
};
