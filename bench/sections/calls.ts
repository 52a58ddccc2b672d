import { CONTENDERS, contenders } from '../contenders';
import type { Figure } from '../figures';
import { paired, type Sample } from '../paired';
import type { Application } from '../processes';
import type { Section } from '../section';

interface Workload {
  name: string;
  call: string;
  /** Calls in a block. */
  count: number;
  warm: number;
  lanes?: number;
  everyMs?: number;
  settings?: Record<string, string>;
  /** How often all start anew, where that is more than once: the same code costs one process more than another. */
  processes?: number;
  /** Rounds that all of them take at the same time. */
  together?: number;
  /** Files that come with each call. */
  files?: number;
  /** The floor and the application without Braintrust are measured, too. */
  bare: boolean;
}

/** 64 answers of 1 MB that come at once are more than may wait for Braintrust unless the user says so. */
const ROOM = { BRAINTRUST_BEDROCK_MAX_QUEUE_BYTES: String(128 * 1024 * 1024) };
const OFF = { BRAINTRUST_BEDROCK_ATTACHMENTS: 'off' };

const WORKLOADS: readonly Workload[] = [
  { name: 'small Converse', call: 'converse', count: 250, warm: 800, processes: 2, bare: true },
  { name: 'small Converse, 64 at a time', call: 'converse', count: 1920, warm: 4000, processes: 4, together: 2, lanes: 64, bare: false },
  { name: 'small Converse, one every 15 ms', call: 'served', count: 90, warm: 60, processes: 2, everyMs: 15, bare: false },
  { name: 'conversation of 200 KB', call: 'conversation', count: 250, warm: 300, processes: 5, together: 7, bare: false },
  { name: 'conversation of 200 KB, 64 at a time', call: 'conversation', count: 64, warm: 64, lanes: 64, bare: false },
  { name: 'image of 5 MB', call: 'image', count: 4, warm: 4, files: 1, bare: false },
  { name: 'image of 5 MB, attachments off', call: 'image', count: 4, warm: 4, settings: OFF, bare: false },
  { name: 'InvokeModel, answer of 1 MB', call: 'answer', count: 120, warm: 150, processes: 2, bare: false },
  { name: 'InvokeModel, answer of 1 MB, 64 at a time', call: 'answer', count: 64, warm: 64, lanes: 64, settings: ROOM, bare: false },
  { name: 'embedding of 1,024 numbers', call: 'embedding', count: 200, warm: 300, bare: false },
  { name: 'embedding of 1,024 numbers, 64 at a time', call: 'embedding', count: 320, warm: 320, lanes: 64, bare: false },
];

const METRICS = [
  { name: 'cpu', unit: 'µs CPU/call' },
  { name: 'p50', unit: 'µs p50' },
  { name: 'p99', unit: 'µs p99' },
  { name: 'rows', unit: 'rows/call' },
  { name: 'requests', unit: 'requests/100 calls' },
];

const NOTHING = { ended: 0, uploads: 0, rows: 0, requests: 0 };

/** CPU of a call, the delivery of its span included. */
export const calls: Section = {
  name: 'calls',
  async *run(surroundings, { quick, say }) {
    for (const workload of quick ? WORKLOADS.slice(0, 1) : WORKLOADS) {
      say(workload.name);
      yield measure(surroundings, workload, quick);
    }
  },
};

async function measure(surroundings: Parameters<Section['run']>[0], workload: Workload, quick: boolean): Promise<Figure[]> {
  const { name, call, count, lanes, everyMs, bare } = workload;
  const { ingest } = surroundings.servers;
  const calls = async (application: Application, count: number): Promise<Sample> => {
    const { id, records } = application.contender;
    const files = id.endsWith('ours') ? count * (workload.files ?? 0) : 0;
    const times = await application.order('run', { name: call, count, lanes, everyMs });
    const { ended, uploads, rows, requests } = records ? await ingest.drained(id, count, files) : NOTHING;
    const { cpu = 0 } = await application.order('usage');
    if (records && ended !== count) return `${ended} of ${count} spans`;
    if (uploads < files) return `${uploads} of ${files} files`;
    return { cpu: cpu / count, p50: times.p50 ?? 0, p99: times.p99 ?? 0, rows: rows / count, requests: (requests / count) * 100 };
  };
  const taking = bare ? CONTENDERS : contenders('none', 'again', 'ours', 'theirs');
  const rounds = await paired(surroundings, {
    contenders: taking,
    processes: quick ? 1 : (workload.processes ?? 1),
    rounds: everyMs ? 3 : lanes ? 1 : 2,
    // What comes at a pace of its own has the machine to itself; and nothing says whose a file is.
    together: everyMs || workload.files ? 0 : (workload.together ?? 4),
    ...(workload.settings && { settings: workload.settings }),
    warm: (application) => calls(application, workload.warm),
    block: (application) => calls(application, count),
  });
  return rounds.figures(name, taking, METRICS);
}
