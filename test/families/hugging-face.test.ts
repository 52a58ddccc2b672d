import assert from 'node:assert/strict';
import { test } from 'node:test';
import { familyOf } from '../../src/families';
import { unlisted } from '../../src/families/hugging-face';
import { isObject } from '../../src/read';

const endpoint = 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/e';

test('a whole answer in a list is read as generations', () => {
  const asked = { inputs: 'a', parameters: { num_return_sequences: 2 } };
  const body = unlisted([{ generated_text: 'b', details: { finish_reason: 'length' } }, { generated_text: 'c' }]);
  assert.ok(isObject(body));
  const { output, metadata } = familyOf(endpoint, asked, body).response(body, asked);
  assert.deepEqual(output, [
    { role: 'assistant', content: [{ type: 'text', text: 'b' }] },
    { role: 'assistant', content: [{ type: 'text', text: 'c' }] },
  ]);
  assert.deepEqual(metadata, { stopReason: 'length' });
});

test('any other body stays as it is', () => {
  for (const body of [[], [1], [{ generated_text: 1 }], { generated_text: 'a' }, 'a', undefined]) assert.equal(unlisted(body), body);
});
