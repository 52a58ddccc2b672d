import { setTimeout as sleep } from 'node:timers/promises';
import { contenders } from '../contenders';
import { paired, type Sample } from '../paired';
import type { Application, Surroundings } from '../processes';
import type { Section } from '../section';

const OPERATIONS = [
  { name: 'ConverseStream', call: 'converseStream' },
  { name: 'InvokeModelWithResponseStream', call: 'invokeStream' },
] as const;

/**
 * Events of a stream, streams of a block, and how many blocks: those of 1,000 tell when the first event comes, which takes many, and many
 * processes.
 */
const LENGTHS = [
  { events: 10, count: 100, warm: 1000, rounds: 2, together: 6 },
  { events: 1000, count: 15, warm: 200, rounds: 8, together: 6, processes: 6 },
  { events: 20_000, count: 1, warm: 8, rounds: 2, together: 6, processes: 6 },
] as const;

const METRICS = [
  { name: 'cpu', unit: 'µs CPU/event' },
  { name: 'first', unit: 'µs to 1st event' },
];
const END_METRICS = [
  { name: 'block', unit: 'ms block at end' },
  { name: 'held', unit: 'KB held at end' },
];

export const streams: Section = {
  name: 'streams',
  async *run(surroundings, { quick, say }) {
    const taking = contenders('none', 'again', 'ours', 'theirs');
    for (const { name, call } of quick ? OPERATIONS.slice(0, 1) : OPERATIONS) {
      for (const { events, count, warm, ...howOften } of quick ? LENGTHS.slice(1, 2) : LENGTHS) {
        const workload = `${name}, ${events.toLocaleString('en-US')} events`;
        say(workload);
        const rounds = await paired(surroundings, {
          contenders: taking,
          ...(quick ? { processes: 1, rounds: 2, together: 2 } : { processes: 2, ...howOften }),
          warm: (application) => cpuOf(surroundings, application, call, events, quick ? count : warm),
          block: (application) => cpuOf(surroundings, application, call, events, count),
        });
        yield rounds.figures(workload, taking, METRICS);
      }
      if (quick) continue;
      const workload = `${name}, the end of 20,000 events`;
      say(workload);
      const block = (application: Application) => endOf(surroundings, application, call, 20_000);
      const ends = await paired(surroundings, { contenders: taking, processes: 2, rounds: 2, flags: ['--expose-gc'], warm: block, block });
      yield ends.figures(workload, taking, END_METRICS);
    }
  },
};

async function cpuOf(surroundings: Surroundings, application: Application, name: string, events: number, count: number): Promise<Sample> {
  const { first = 0 } = await application.order('run', { name, events, count });
  const missing = await missingOf(surroundings, application, count);
  const { cpu = 0 } = await application.order('usage');
  return missing ?? { cpu: cpu / count / events, first };
}

/** The longest turn of the event loop from the last event on, until its span is delivered, and what is held just before it ends. */
async function endOf(surroundings: Surroundings, application: Application, name: string, events: number): Promise<Sample> {
  await application.order('heap'); // so that no collection of what came before falls into what is measured
  await application.order('watch');
  await application.order('run', { name, events, count: 1 });
  const missing = await missingOf(surroundings, application, 1);
  if (!application.contender.records) await sleep(600); // as long as the others have
  const { block = 0 } = await application.order('watched');
  const { bytes = 0 } = await application.order('held', { name, events });
  return missing ?? (await missingOf(surroundings, application, 1)) ?? { block, held: bytes / 1024 };
}

async function missingOf(surroundings: Surroundings, { contender }: Application, count: number): Promise<string | undefined> {
  if (!contender.records) return undefined;
  const { ended } = await surroundings.servers.ingest.drained(contender.id, count);
  return ended === count ? undefined : `${ended} of ${count} spans`;
}
