import { contenders } from '../contenders';
import { paired } from '../paired';
import type { Application } from '../processes';
import type { Section } from '../section';

/** Answers of 1 MB that come without a pause are more than may wait for Braintrust unless the user says so. */
const ROOM = { BRAINTRUST_BEDROCK_MAX_QUEUE_BYTES: String(512 * 1024 * 1024) };

/** Calls in a row by one `send`. Of a workload's number half as many, where that is less. */
const LOT = 20;

const WORKLOADS = [
  // Short rounds: in a long one the machine has its slow moments, and hardly ever for all.
  { name: 'on the path: small Converse', call: 'converse', count: 240, warm: 3000, rounds: 6, processes: 8 },
  { name: 'on the path: conversation of 200 KB', call: 'conversation', count: 40, warm: 300, rounds: 3 },
  { name: 'on the path: image of 5 MB', call: 'image', count: 4, warm: 4, rounds: 3 },
  { name: 'on the path: InvokeModel, answer of 1 MB', call: 'answer', count: 40, warm: 200, rounds: 3 },
  { name: 'on the path: embedding of 1,024 numbers', call: 'embedding', count: 160, warm: 1600, rounds: 3 },
] as const;

const METRICS = [
  { name: 'beside', unit: 'µs CPU beside none' },
  { name: 'cpu', unit: 'µs CPU to the answer' },
  { name: 'path', unit: 'µs to the answer' },
  { name: 'sync', unit: 'µs within send()' },
];

/** What stands between the application and its answer, with a request handler that answers at once: no network, no other process. */
export const path: Section = {
  name: 'path',
  async *run(surroundings, { quick, say }) {
    const taking = contenders('none', 'again', 'floor', 'ours', 'theirs', 'bare', 'bare-ours');
    for (const { name, call, count, warm, rounds: howOften, ...more } of quick ? WORKLOADS.slice(0, 1) : WORKLOADS) {
      say(name);
      const block = async (application: Application, calls: number = count) => {
        const { id, records } = application.contender;
        // A `send` that has been replaced can be left out of every second lot. Theirs is inside the SDK's: all of its calls are traced.
        const isBeside = id !== 'theirs';
        const traced = isBeside ? calls : 2 * calls;
        const sample = await application.order('path', { name: call, count: calls, lot: Math.min(LOT, calls / 2), isBeside });
        const { ended } = records ? await surroundings.servers.ingest.drained(id, traced) : { ended: 0 };
        return records && ended !== traced ? `${ended} of ${traced} spans` : sample;
      };
      const rounds = await paired(surroundings, {
        contenders: taking,
        processes: quick ? 1 : 'processes' in more ? more.processes : 1,
        settings: ROOM,
        rounds: quick ? 2 : howOften,
        // A service that answers its users is hot: code that runs for the first time costs several times as much, ours and theirs.
        warm: (application) => block(application, quick ? count : warm),
        block: (application) => block(application),
      });
      yield rounds.figures(name, taking, METRICS);
    }
  },
};
