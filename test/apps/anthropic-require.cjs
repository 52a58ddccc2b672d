const { Anthropic } = require('@anthropic-ai/sdk');
const { call } = require('./anthropic-call.cjs');

call(Anthropic);
