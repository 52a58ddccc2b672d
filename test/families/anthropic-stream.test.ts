import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnthropicStream } from '../../src/families/anthropic-stream';

test('a citation that comes later is not added to the event that began the block', () => {
  const citations = [{ cited_text: 'first' }];
  const stream = new AnthropicStream();
  stream.add({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '', citations } });
  stream.add({ type: 'content_block_delta', index: 0, delta: { type: 'citations_delta', citation: { cited_text: 'second' } } });
  assert.deepEqual(citations, [{ cited_text: 'first' }]);
  assert.deepEqual(stream.response().content, [{ type: 'text', text: '', citations: [{ cited_text: 'first' }, { cited_text: 'second' }] }]);
});
