// An application that requires the SDK of Anthropic.
const { Anthropic } = require('@anthropic-ai/sdk');
const { run } = require('./batches-steps.cjs');

run(new Anthropic({ maxRetries: 0 }));
