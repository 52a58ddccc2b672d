import { contenders } from '../contenders';
import { paired } from '../paired';
import type { Application } from '../processes';
import type { Section } from '../section';

/** Answers of 1 MB that come without a pause are more than may wait for Braintrust unless the user says so. */
const ROOM = { BRAINTRUST_BEDROCK_MAX_QUEUE_BYTES: String(512 * 1024 * 1024) };

/** `lots` of `lot` calls in a row, and as many in between. */
const WORKLOADS = [
  // Short rounds: in a long one the machine has its slow moments, and hardly ever for all.
  { name: 'on the path: small Converse', call: 'converse', lot: 20, lots: 12, warm: 150, rounds: 6, processes: 8 },
  { name: 'on the path: conversation of 200 KB', call: 'conversation', lot: 20, lots: 2, warm: 15, rounds: 3 },
  { name: 'on the path: image of 5 MB', call: 'image', lot: 2, lots: 2, warm: 2, rounds: 3 },
  { name: 'on the path: InvokeModel, answer of 1 MB', call: 'answer', lot: 20, lots: 2, warm: 10, rounds: 3 },
  { name: 'on the path: embedding of 1,024 numbers', call: 'embedding', lot: 20, lots: 8, warm: 80, rounds: 3 },
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
    for (const { name, call, lot, lots, warm, rounds: howOften, ...more } of quick ? WORKLOADS.slice(0, 1) : WORKLOADS) {
      say(name);
      const block = async (application: Application, times: number = lots) => {
        const { id, records } = application.contender;
        // Theirs is inside of the SDK's `send` and cannot be left out.
        const isBeside = id !== 'theirs';
        const traced = times * lot * (isBeside ? 1 : 2);
        const sample = await application.order('path', { name: call, lots: times, lot, isBeside });
        const { ended } = records ? await surroundings.servers.ingest.drained(id, traced) : { ended: 0 };
        return records && ended !== traced ? `${ended} of ${traced} spans` : sample;
      };
      const rounds = await paired(surroundings, {
        contenders: taking,
        processes: quick ? 1 : 'processes' in more ? more.processes : 1,
        settings: ROOM,
        rounds: quick ? 2 : howOften,
        // A service that answers its users is hot: code that runs for the first time costs several times as much, ours and theirs.
        warm: (application) => block(application, quick ? lots : warm),
        block: (application) => block(application),
      });
      yield rounds.figures(name, taking, METRICS);
    }
  },
};
