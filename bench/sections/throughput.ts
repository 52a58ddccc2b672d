import { type Contender, contenders } from '../contenders';
import { paired } from '../paired';
import type { Application } from '../processes';
import type { Section } from '../section';

const LANES = 64;

const METRICS = [
  { name: 'perSecond', unit: 'calls/s' },
  { name: 'cpu', unit: 'µs CPU/call' },
];

/** 64 calls at a time with a prompt of a page, while Braintrust answers, refuses connections, or takes 5 s for every answer. */
export const throughput: Section = {
  name: 'throughput',
  async *run(surroundings, { quick, say }) {
    say('throughput');
    const { servers } = surroundings;
    const tracing = contenders('ours', 'theirs', 'bare-ours');
    const taking: Contender[] = [
      ...contenders('none', 'again', 'bare'),
      ...tracing.map((contender) => ({ ...contender, label: `${contender.label}, up` })),
      ...tracing.map((contender) => variant(contender, 'down', servers.down)),
      ...tracing.map((contender) => variant(contender, 'slow', servers.slow.env)),
    ];
    const count = quick ? 128 : 640;
    const block = async (application: Application) => {
      const { id } = application.contender;
      const { wallMs = 0 } = await application.order('run', { name: 'page', count, lanes: LANES });
      const { ended } = tracing.some((contender) => contender.id === id) ? await servers.ingest.drained(id, count) : { ended: count };
      const { cpu = 0 } = await application.order('usage');
      return ended === count ? { perSecond: count / (wallMs / 1000), cpu: cpu / count } : `${ended} of ${count} spans`;
    };
    const rounds = await paired(surroundings, {
      contenders: taking,
      // Asked for is 3 %, and a block is off by 10: from two starts the same code has come out at 0.96 and at 1.03.
      processes: quick ? 1 : 5,
      rounds: quick ? 2 : 1,
      together: quick ? 1 : 6,
      warm: block,
      block,
    });
    yield rounds.figures('throughput, 64 at a time', taking, METRICS);
  },
};

/** No span can arrive there while it counts. */
function variant(contender: Contender, name: string, settings: Record<string, string>): Contender {
  return { ...contender, id: `${contender.id}-${name}`, label: `${contender.label}, ${name}`, settings };
}
