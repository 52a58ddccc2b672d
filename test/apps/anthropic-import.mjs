import Anthropic from '@anthropic-ai/sdk';
import { call } from './anthropic-call.cjs';

await call(Anthropic);
