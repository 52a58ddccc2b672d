const { call } = require('./call.cjs');

import('@aws-sdk/client-bedrock-runtime').then(call);
