// Before 3.587 each class had its own file.
const { call } = require('./call.cjs');
const { BedrockRuntimeClient } = require('@aws-sdk/client-bedrock-runtime/dist-cjs/BedrockRuntimeClient.js');
const { InvokeModelCommand } = require('@aws-sdk/client-bedrock-runtime/dist-cjs/commands/InvokeModelCommand.js');

call({ BedrockRuntimeClient, InvokeModelCommand });
