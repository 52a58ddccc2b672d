import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outcomeMetadata } from '../src/metadata';
import { Wire } from '../src/wire';

describe('what an error says of its request', () => {
  it('is all there is, whatever throws in a response that nobody needs to ask', () => {
    const $metadata = { requestId: 'r', httpStatusCode: 429, attempts: 3, totalRetryDelay: 120 };
    const $response = {
      get headers(): never {
        throw new Error('no');
      },
    };
    const outcome = outcomeMetadata(undefined, { $metadata, $response }, new Wire());
    assert.deepEqual(outcome, { requestId: 'r', httpStatus: 429, attempts: 3, totalRetryDelay: 120 });
  });

  it('comes from the headers of its response where the SDK has not put it into the error', () => {
    const $response = { headers: { 'x-amzn-requestid': 'h' } };
    assert.deepEqual(outcomeMetadata(undefined, { $metadata: { attempts: 1 }, $response }, new Wire()), { requestId: 'h' });
  });
});
