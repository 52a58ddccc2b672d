import assert from 'node:assert/strict';
import { test } from 'node:test';
import { familyOf } from '../../src/families';
import type { JsonObject } from '../../src/types';
import { plain } from './plain';

const CURSOR = 'eyJrZXkiOiJBYmMxMjM0NTY3ODkwIn0'.repeat(12);
const PNG = `iVBORw0KGgo${'A'.repeat(400)}`;
const FILE = { file: 'image/png', byteLength: 308 };
const counts = Array.from({ length: 130 }, (_, index) => index);
const vector = Array.from({ length: 130 }, (_, index) => index + 0.5);
const given = { cursor: CURSOR, nested: { pages: [CURSOR] }, counts, vector, image: PNG, url: `data:image/png;base64,${PNG}` };
const kept = { cursor: CURSOR, nested: { pages: [CURSOR] }, counts, vector: { length: 130 }, image: FILE, url: FILE };

const output = (modelId: string, body: JsonObject): unknown => plain(familyOf(modelId, {}, body).response(body, {}).output);

test("a tool's arguments are what the model wrote, but for files and vectors", () => {
  const claude = { type: 'message', role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'b', input: given }] };
  assert.deepEqual(output('anthropic.claude-3-haiku-20240307-v1:0', claude), [
    { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'b', input: kept }] },
  ]);
  const call = (args: unknown) => ({ id: 'a', type: 'function', function: { name: 'b', arguments: args } });
  const gpt = { choices: [{ message: { role: 'assistant', tool_calls: [call(JSON.stringify(given))] } }] };
  assert.deepEqual(output('openai.gpt-oss-20b-1:0', gpt), [{ role: 'assistant', tool_calls: [call(kept)] }]);
  const nova = { output: { message: { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'b', input: given } }] } } };
  assert.deepEqual(output('amazon.nova-lite-v1:0', nova), [
    { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'b', input: kept }] },
  ]);
  const command = { text: '', generation_id: 'a', tool_calls: [{ name: 'b', parameters: given }] };
  assert.deepEqual(output('cohere.command-r-v1:0', command), [
    { role: 'assistant', content: [{ type: 'tool_use', name: 'b', input: kept }] },
  ]);
});

test('elsewhere a long run of base64 is a file and a long run of numbers a vector', () => {
  const body = { found: CURSOR, counts };
  assert.deepEqual(output('newvendor.model-v1', body), {
    found: { file: 'application/octet-stream', byteLength: 279 },
    counts: { length: 130 },
  });
});

test('what is encrypted for the model alone stays text', () => {
  const citation = { type: 'web_search_result_location', url: 'https://example.com', encrypted_index: CURSOR };
  const body = { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'a', citations: [citation] }] };
  assert.deepEqual(output('anthropic.claude-3-haiku-20240307-v1:0', body), [{ role: 'assistant', content: body.content }]);
});

test("a tool's result that is an image in base64 is a file", () => {
  const messages = [
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: PNG }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'b', content: CURSOR }] },
  ];
  const body = { anthropic_version: 'bedrock-2023-05-31', messages };
  assert.deepEqual(plain(familyOf('anthropic.claude-3-haiku-20240307-v1:0', body).request(body).input), [
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: FILE }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'b', content: CURSOR }] },
  ]);
});
