import { BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { call } from './call.cjs';

await call({ BedrockRuntimeClient, InvokeModelCommand });
