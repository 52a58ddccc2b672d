import * as sdk from '@aws-sdk/client-bedrock-runtime/dist-cjs/index.js';
import { call } from './call.cjs';

await call(sdk);
