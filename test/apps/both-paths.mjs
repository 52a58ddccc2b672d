import { createRequire } from 'node:module';
import * as imported from '@aws-sdk/client-bedrock-runtime';
import { call } from './call.cjs';

const required = createRequire(import.meta.url)('@aws-sdk/client-bedrock-runtime');
if (required.BedrockRuntimeClient !== imported.BedrockRuntimeClient) throw new Error('two classes where there was one');
await call(imported);
await call(required);
