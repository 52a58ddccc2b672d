import '@aws-sdk/client-bedrock-runtime';
