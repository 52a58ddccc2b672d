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
    const block = async (application: Application) => {
      const { id } = application.contender;
      const { count = 0, perSecond = 0, cpu = 0 } = await application.order('busy', { name: 'page', lanes: LANES, ms: quick ? 300 : 1200 });
      const { ended } = tracing.some((contender) => contender.id === id) ? await servers.ingest.drained(id, count) : { ended: count };
      return ended === count ? { perSecond, cpu } : `${ended} of ${count} spans`;
    };
    const rounds = await paired(surroundings, {
      contenders: taking,
      processes: 1,
      rounds: quick ? 2 : 4,
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
