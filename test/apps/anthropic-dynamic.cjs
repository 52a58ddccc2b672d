const { call } = require('./anthropic-call.cjs');

import('@anthropic-ai/sdk').then(({ default: Anthropic }) => call(Anthropic));
