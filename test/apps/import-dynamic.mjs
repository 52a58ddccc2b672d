import { call } from './call.cjs';

await call(await import('@aws-sdk/client-bedrock-runtime'));
