module.exports = require('@aws-sdk/client-bedrock-runtime');
