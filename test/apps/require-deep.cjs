const { call } = require('./call.cjs');

call(require('@aws-sdk/client-bedrock-runtime/dist-cjs/index.js'));
