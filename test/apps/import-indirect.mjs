// The SDK comes by way of a CommonJS dependency.

import { call } from './call.cjs';
import sdk from './library.cjs';

await call(sdk);
