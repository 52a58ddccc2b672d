import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConverseCommand, CountTokensCommand } from '@aws-sdk/client-bedrock-runtime';
import { startBedrock, TRIGGERS } from '../../demo/bedrock';
import { coverage, isCovered } from '../../demo/coverage';
import { CLAUDE, clientOf, user } from './clients';

const span = (id: string, name: string) => ({ id, span_attributes: { name } });

describe('the comparison of calls and spans', () => {
  it('counts a retried call once, and finds a span too few or too many', async () => {
    const bedrock = await startBedrock();
    const client = clientOf(bedrock.url, 'HTTP/2', { maxAttempts: 2 });
    const messages = [user(`In the ${TRIGGERS.throttle}?`)];
    await client.send(new ConverseCommand({ modelId: CLAUDE, messages }));
    await client.send(new CountTokensCommand({ modelId: CLAUDE, input: { converse: { messages } } }));
    client.destroy();
    await bedrock.close();
    assert.equal(bedrock.requests.length, 3);
    const of = (operation: string, ...names: string[]) =>
      coverage(
        bedrock.requests,
        names.map((name, index) => span(String(index), name)),
      ).find((entry) => entry.operation === operation);
    assert.deepEqual(of('Converse', 'bedrock.converse'), { operation: 'Converse', calls: 1, spans: 1 });
    const verdicts = [
      of('Converse', 'bedrock.converse'),
      of('CountTokens', 'bedrock.converse'),
      of('Converse', 'bedrock.converse', 'bedrock.converse'),
    ];
    assert.deepEqual(
      verdicts.map((entry) => entry !== undefined && isCovered(entry)),
      [true, false, false],
    );
  });

  it('is not content with a command that was never called', () => {
    assert.equal(coverage([], []).some(isCovered), false);
  });
});
