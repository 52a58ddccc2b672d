import path from 'node:path';
import { contenders, WORKLOADS } from '../contenders';
import { type Figure, Rounds } from '../figures';
import { environment, runProgram } from '../processes';
import type { Section } from '../section';
import { inTurn, rotated } from '../statistics';

const ANSWERS = [
  { name: 'first call, answered at once', call: 'converse' },
  { name: 'first call, answered after 400 ms', call: 'late' },
] as const;

/** Of the rounds, what each has allocated before its call: as much as the young generation has room for, in even steps. */
const ROUNDS = 24;
const LITTER_KB = 384;

const METRICS = [
  { name: 'path', unit: 'ms to the answer' },
  { name: 'block', unit: 'ms longest block' },
];

/** What the first traced call of a process waits for, and how long the event loop then does nothing else. */
export const firstCall: Section = {
  name: 'first-call',
  async *run(surroundings, { quick, say }) {
    const taking = contenders('none', 'again', 'ours', 'theirs', 'bare', 'bare-ours');
    for (const { name, call } of quick ? ANSWERS.slice(0, 1) : ANSWERS) {
      say(name);
      const rounds = new Rounds();
      for (let round = 0; round < (quick ? 2 : ROUNDS); round++) {
        await inTurn(rotated(taking, round), async (contender) => {
          const env = environment(surroundings, contender, { BENCH_CALL: call, BENCH_LITTER_KB: String(round * LITTER_KB) });
          const { said } = await runProgram(surroundings.node, [...contender.flags, path.join(WORKLOADS, 'first-call.mjs')], env);
          const { ended } = contender.records ? await surroundings.servers.ingest.drained(contender.id, 1) : { ended: 0 };
          if (contender.records && ended !== 1) rounds.refuse(contender.id, `${ended} of 1 span`);
          else rounds.add(contender.id, said);
        });
      }
      yield rounds.figures(name, taking, METRICS);
    }
    yield [await loading(surroundings, quick)];
  },
};

/** What a block is measured by: loading `braintrust` once. */
async function loading(surroundings: Parameters<Section['run']>[0], quick: boolean): Promise<Figure> {
  const [none] = contenders('bare');
  const rounds = new Rounds();
  for (let round = 0; none && round < (quick ? 2 : 5); round++) {
    const { said } = await runProgram(surroundings.node, [path.join(WORKLOADS, 'load-braintrust.cjs')], environment(surroundings, none));
    rounds.add('bare', said);
  }
  const [figure] = rounds.figures('loading `braintrust`', none ? [none] : [], [{ name: 'ms', unit: 'ms' }]);
  if (!figure) throw new Error('braintrust could not be loaded');
  return figure;
}
