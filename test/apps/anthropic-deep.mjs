// The client alone, from a file of the SDK.
import { Anthropic } from '@anthropic-ai/sdk/index.mjs';
import { call } from './anthropic-call.cjs';

await call(Anthropic);
