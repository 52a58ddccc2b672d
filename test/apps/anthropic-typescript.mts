import Anthropic from '@anthropic-ai/sdk';
// @ts-expect-error: the programs that call are not typed
import { call } from './anthropic-call.cjs';

const client: typeof Anthropic = Anthropic;
void call(client);
