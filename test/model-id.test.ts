import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ModelIdentity, modelIdentity } from '../src/model-id';

const haiku = 'anthropic.claude-3-haiku-20240307-v1:0';
const account = '123456789012';

/** What each form of `modelId` says. */
const table: Record<string, [string, ModelIdentity][]> = {
  'a base id names its vendor and model': [
    [haiku, { vendor: 'anthropic', model: haiku }],
    ['amazon.nova-lite-v1:0:300k', { vendor: 'amazon', model: 'amazon.nova-lite-v1:0:300k' }],
    ['ai21.jamba-1-5-large-v1:0', { vendor: 'ai21', model: 'ai21.jamba-1-5-large-v1:0' }],
    ['openai.gpt-oss-120b-1:0', { vendor: 'openai', model: 'openai.gpt-oss-120b-1:0' }],
  ],
  'a name with dots is not taken for a geography': [
    ['moonshotai.kimi-k2.5', { vendor: 'moonshotai', model: 'moonshotai.kimi-k2.5' }],
    ['zai.glm-4.7', { vendor: 'zai', model: 'zai.glm-4.7' }],
    ['us.moonshotai.kimi-k2.5', { vendor: 'moonshotai', model: 'moonshotai.kimi-k2.5', inferenceProfile: 'us.moonshotai.kimi-k2.5' }],
  ],
  'an inference profile id names the model behind it': ['us', 'eu', 'apac', 'us-gov', 'global', 'jp', 'au', 'ca', 'sa', 'me', 'uk'].map(
    (geography) => [`${geography}.${haiku}`, { vendor: 'anthropic', model: haiku, inferenceProfile: `${geography}.${haiku}` }],
  ),
  'an ARN of a foundation model or a system profile names its region too': [
    [`arn:aws:bedrock:us-east-1::foundation-model/${haiku}`, { region: 'us-east-1', vendor: 'anthropic', model: haiku }],
    [`arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/${haiku}`, { region: 'us-gov-west-1', vendor: 'anthropic', model: haiku }],
    [`arn:aws-cn:bedrock:cn-north-1::foundation-model/${haiku}`, { region: 'cn-north-1', vendor: 'anthropic', model: haiku }],
    [
      `arn:aws:bedrock:eu-west-3:${account}:inference-profile/eu.${haiku}`,
      { region: 'eu-west-3', vendor: 'anthropic', model: haiku, inferenceProfile: `eu.${haiku}` },
    ],
  ],
  'a customised model speaks its base model’s format': [
    [
      `arn:aws:bedrock:us-east-1:${account}:custom-model/amazon.titan-text-lite-v1:0:4k/a1b2c3`,
      { region: 'us-east-1', vendor: 'amazon', model: 'amazon.titan-text-lite-v1:0:4k' },
    ],
    [`arn:aws:bedrock:us-east-1:${account}:custom-model/a1b2c3`, { region: 'us-east-1' }],
  ],
  'a default prompt router names its vendor and no model': [
    [`arn:aws:bedrock:us-east-1:${account}:default-prompt-router/anthropic.claude:1`, { region: 'us-east-1', vendor: 'anthropic' }],
    [`arn:aws:bedrock:us-east-1:${account}:default-prompt-router/meta.llama:1`, { region: 'us-east-1', vendor: 'meta' }],
  ],
  'an application inference profile is known by its id alone': [
    [
      `arn:aws:bedrock:us-west-2:${account}:application-inference-profile/a1b2c3d4e5f6`,
      { region: 'us-west-2', inferenceProfile: 'a1b2c3d4e5f6' },
    ],
  ],
  'an opaque ARN says its region': [
    [`arn:aws:bedrock:us-east-1:${account}:provisioned-model/a1b2c3d4e5f6`, { region: 'us-east-1' }],
    [`arn:aws:bedrock:us-east-1:${account}:imported-model/a1b2c3d4e5f6`, { region: 'us-east-1' }],
    [`arn:aws:bedrock:us-east-1:${account}:custom-model-deployment/a1b2c3d4e5f6`, { region: 'us-east-1' }],
    [`arn:aws:bedrock:us-east-1:${account}:prompt-router/a1b2c3d4e5f6`, { region: 'us-east-1' }],
    [`arn:aws:bedrock:us-east-1:${account}:prompt/PROMPT12345:1`, { region: 'us-east-1' }],
    [`arn:aws:sagemaker:us-east-1:${account}:endpoint/my.endpoint-v1`, { region: 'us-east-1' }],
    [`arn:aws:bedrock:us-east-1:${account}:new-kind-of-resource/x.y`, { region: 'us-east-1' }],
  ],
  'what is no id says nothing': [
    '',
    ' ',
    'no-such-model',
    'claude-3-haiku',
    '.',
    'us.',
    'arn:',
    'arn:aws:bedrock',
    '__proto__',
    'https://example.com/a.b',
    'a b.c d',
  ].map((id) => [id, {}]),
};

for (const [name, rows] of Object.entries(table)) {
  test(name, () => {
    for (const [id, identity] of rows) assert.deepEqual(modelIdentity(id), identity, id);
  });
}
