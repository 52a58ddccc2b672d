import assert from 'node:assert/strict';
import { test } from 'node:test';
import { familyOf } from '../../src/families';

/** The format that a model usually speaks, where its body does not say another. */
const usual: Record<string, string> = {
  'ai21.j2-ultra-v1': 'ai21',
  'amazon.nova-lite-v1:0': 'nova',
  'amazon.nova-2-multimodal-embeddings-v1:0': 'embedding',
  'amazon.titan-embed-text-v2:0': 'embedding',
  'amazon.rerank-v1:0': 'rerank',
  'us.anthropic.claude-sonnet-4-5-20250929-v1:0': 'anthropic',
  'cohere.command-r-v1:0': 'cohere-chat',
  'us.cohere.embed-v4:0': 'embedding',
  'cohere.rerank-v3-5:0': 'rerank',
  'us.deepseek.r1-v1:0': 'openai-chat',
  'google.gemma-3-12b-it': 'openai-chat',
  'luma.ray-v2:0': 'video',
  'us.meta.llama3-3-70b-instruct-v1:0': 'llama',
  'minimax.minimax-m2': 'openai-chat',
  'mistral.mistral-7b-instruct-v0:2': 'mistral',
  'moonshot.kimi-k2-thinking': 'openai-chat',
  'moonshotai.kimi-k2.5': 'openai-chat',
  'nvidia.nemotron-nano-12b-v2': 'openai-chat',
  'openai.gpt-oss-120b-1:0': 'openai-chat',
  'qwen.qwen3-32b-v1:0': 'openai-chat',
  'stability.sd3-5-large-v1:0': 'image',
  'twelvelabs.pegasus-1-2-v1:0': 'pegasus',
  'twelvelabs.marengo-embed-3-0-v1:0': 'embedding',
  'us.writer.palmyra-x5-v1:0': 'openai-chat',
  'zai.glm-4.6': 'openai-chat',
  'newvendor.model-v1': 'unknown',
  'arn:aws:bedrock:us-east-1:123456789012:custom-model/meta.llama3-1-8b-instruct-v1:0:128k/a1b2c3': 'llama',
  'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/a1b2c3': 'unknown',
};

test('each vendor and each model with a format of its own has a family', () => {
  for (const [modelId, family] of Object.entries(usual)) assert.equal(familyOf(modelId, {}).name, family, modelId);
});

test('where a vendor speaks several formats, the body tells', () => {
  assert.equal(familyOf('anthropic.claude-v2', { prompt: '\n\nHuman: a' }).name, 'anthropic-text');
  assert.equal(familyOf('mistral.mistral-large-2407-v1:0', { messages: [] }).name, 'openai-chat');
  assert.equal(familyOf('ai21.jamba-1-5-mini-v1:0', { messages: [] }).name, 'openai-chat');
  assert.equal(familyOf('cohere.command-text-v14', { prompt: 'a' }).name, 'cohere-command');
  assert.equal(familyOf('amazon.titan-text-express-v1', { inputText: 'a' }).name, 'titan');
  assert.equal(familyOf('amazon.titan-embed-text-v1', { inputText: 'a' }).name, 'embedding');
  assert.equal(familyOf('amazon.nova-canvas-v1:0', { taskType: 'TEXT_IMAGE' }).name, 'image');
  assert.equal(familyOf('amazon.nova-reel-v1:0', { taskType: 'TEXT_VIDEO' }).name, 'video');
});

test('a response tells the family where neither the id nor the request does', () => {
  const profile = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3';
  assert.equal(familyOf(profile, {}, { type: 'message', content: [] }).name, 'anthropic');
  assert.equal(familyOf(profile, {}, { messageStart: { role: 'assistant' } }).name, 'nova');
  assert.equal(familyOf(profile, {}, { choices: [] }).name, 'openai-chat');
});
