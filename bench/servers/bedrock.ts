import { setTimeout as sleep } from 'node:timers/promises';
import { startBedrock } from '../../demo/bedrock';
import { number, object } from '../../src/read';
import { answerTo } from './answers';

/** A Bedrock in a process of its own, whose answers are made once and cost as little as they can. */
async function main(): Promise<void> {
  const bedrock = await startBedrock({
    async respond(request) {
      bedrock.requests.length = 0; // it keeps them for tests
      const body = object(request.body);
      const waitMs = number(object(body?.additionalModelRequestFields)?.answer_after_ms);
      if (waitMs) await sleep(waitMs);
      return answerTo(request.operation, request.modelId ?? '', body ?? {});
    },
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ env: bedrock.env });
}

void main();
