require('@aws-sdk/client-bedrock-runtime');
