import { setTimeout as sleep } from 'node:timers/promises';
import { type Contender, contenders } from '../contenders';
import { type Figure, Rounds } from '../figures';
import { type Surroundings, startApplication } from '../processes';
import type { Section } from '../section';
import { inTurn } from '../statistics';

const ABANDONED = [
  { name: 'held', unit: 'KB kept' },
  { name: 'ended', unit: 'spans ended' },
];

const STOWED = [
  { name: 'first', unit: 'MB of call 1–1,000', count: 1000 },
  { name: 'rest', unit: 'MB of 1,001–3,000', count: 2000 },
];

/** What is allocated, with room enough that nothing is collected while it is counted: nearly the same figure in every run. */
const ROOM = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'];
const ALLOCATING = [
  { name: 'small Converse', call: 'converse', count: 50 },
  { name: 'conversation of 200 KB', call: 'conversation', count: 10 },
  { name: 'image of 5 MB', call: 'image', count: 1 },
  { name: 'InvokeModel, answer of 1 MB', call: 'answer', count: 5 },
  { name: 'embedding of 1,024 numbers', call: 'embedding', count: 50 },
  { name: 'ConverseStream, 1,000 events', call: 'converseStream', count: 3, events: 1000 },
  { name: 'InvokeModelWithResponseStream, 1,000 events', call: 'invokeStream', count: 3, events: 1000 },
] as const;
const ALLOCATED = [
  { name: 'path', unit: 'KB on the path' },
  { name: 'bytes', unit: 'KB in all' },
  { name: 'copied', unit: 'KB copied in send()' },
];

/** What calls allocate, and what streams that nobody reads leave behind. Without a network. */
export const memory: Section = {
  name: 'memory',
  async *run(surroundings, { quick, say }) {
    const off = { BRAINTRUST_BEDROCK_ATTACHMENTS: 'off' };
    const ours = contenders('ours').map((contender) => ({
      ...contender,
      id: 'ours-off',
      label: `${contender.label}, attachments off`,
      settings: off,
    }));
    const taking = [...contenders('none', 'again', 'ours', 'theirs', 'bare', 'bare-ours'), ...ours];
    say('allocation');
    yield allocation(surroundings, taking, quick);
    if (quick) return;
    say('20,000 abandoned streams');
    yield abandonment(surroundings, contenders('none', 'again', 'ours', 'theirs', 'bare', 'bare-ours'), 20_000);
    for (const state of ['down', 'slow'] as const) {
      say(`ingest ${state}`);
      yield undelivered(surroundings, contenders('none', 'ours', 'theirs', 'bare', 'bare-ours'), state);
    }
  },
};

async function allocation(surroundings: Surroundings, taking: readonly Contender[], quick: boolean): Promise<Figure[]> {
  const workloads = quick ? ALLOCATING.slice(0, 1) : ALLOCATING;
  const rounds = workloads.map(() => new Rounds());
  await inTurn(taking, async (contender) => {
    const { id, records } = contender;
    const application = await startApplication(surroundings, contender, {}, ROOM);
    await inTurn(workloads, async (workload, index) => {
      const { call, count } = workload;
      const events = 'events' in workload ? workload.events : undefined;
      // Where something was collected, what was allocated cannot be told.
      for (let round = -3, good = 0; good < 3 && round < 12; round++) {
        const { path = 0, copied = 0 } = await application.order('allocate', { name: call, count, events });
        const { ended } = records ? await surroundings.servers.ingest.drained(id, count) : { ended: count };
        const { bytes = 0, collections = 0 } = await application.order('allocated', { count });
        if (ended < count) return rounds[index]?.refuse(id, `${ended} of ${count} spans`);
        if (round < 0) continue;
        rounds[index]?.add(id, { copied: copied / 1024 });
        if (collections > 0) continue;
        good++;
        rounds[index]?.add(id, { path: path / 1024, bytes: bytes / 1024 });
      }
    });
    await application.close();
  });
  return workloads.flatMap(({ name }, index) => rounds[index]?.figures(`allocated: ${name}`, taking, ALLOCATED) ?? []);
}

/** What the heap has after a thousand calls of 64 KB each that Braintrust does not take, and what two thousand more add to it. */
async function undelivered(surroundings: Surroundings, taking: readonly Contender[], state: 'down' | 'slow'): Promise<Figure[]> {
  const rounds = new Rounds();
  const { servers } = surroundings;
  await inTurn(taking, async (contender) => {
    const settings = state === 'down' ? servers.down : servers.slow.env;
    const application = await startApplication(surroundings, contender, settings, ['--expose-gc']);
    let { bytes: before = 0 } = await application.order('stow', { name: 'chapter', count: 20 });
    const sample: Record<string, number> = {};
    for (const { name, count } of STOWED) {
      const { bytes = 0 } = await application.order('stow', { name: 'chapter', count });
      sample[name] = (bytes - before) / 1e6;
      before = bytes;
    }
    rounds.add(contender.id, sample);
    await application.close();
  });
  return rounds.figures(`heap with the ingest ${state}`, taking, STOWED);
}

async function abandonment(surroundings: Surroundings, taking: readonly Contender[], count: number): Promise<Figure[]> {
  const rounds = new Rounds();
  await inTurn(taking, async (contender) => {
    const application = await startApplication(surroundings, contender, {}, ['--expose-gc']);
    const settled = async (spans: number) => {
      let bytes = 0;
      for (let tries = 0; tries < 8; tries++) {
        ({ bytes = 0 } = await application.order('heap'));
        await sleep(300);
        if (!contender.records || (await surroundings.servers.ingest.count(contender.id)).ended >= spans) break;
      }
      ({ bytes = 0 } = await application.order('heap'));
      const { ended } = await surroundings.servers.ingest.count(contender.id, true);
      return { bytes, ended };
    };
    // The first of them leave the code that V8 makes of what is called so often: as many go before.
    await application.order('abandon', { count });
    const before = await settled(count);
    await application.order('abandon', { count });
    const after = await settled(count);
    rounds.add(contender.id, { held: (after.bytes - before.bytes) / 1024, ended: after.ended });
    await application.close();
  });
  return rounds.figures('20,000 abandoned streams', taking, ABANDONED);
}
