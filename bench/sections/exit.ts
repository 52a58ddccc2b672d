import path from 'node:path';
import { contenders, WORKLOADS } from '../contenders';
import { Rounds } from '../figures';
import { environment, runProgram } from '../processes';
import type { Section } from '../section';
import { inTurn, rotated } from '../statistics';

const ENDS = [
  { name: 'ten calls, then nothing more to do', end: 'natural' },
  { name: 'ten calls, then process.exit', end: 'exit' },
] as const;
const CALLS = 10;

const METRICS = [
  { name: 'exit', unit: 'ms to exit' },
  { name: 'spans', unit: `spans of ${CALLS}` },
];

/** From the last statement of a program to the end of its process, and what has arrived by then. */
export const exit: Section = {
  name: 'exit',
  async *run(surroundings, { quick, say }) {
    const taking = contenders('none', 'again', 'ours', 'theirs', 'bare', 'bare-ours');
    for (const { name, end } of quick ? ENDS.slice(0, 1) : ENDS) {
      say(name);
      const rounds = new Rounds();
      for (let round = 0; round < (quick ? 2 : 5); round++) {
        await inTurn(rotated(taking, round), async (contender) => {
          const env = environment(surroundings, contender, { BENCH_END: end });
          const { said, endedAt } = await runProgram(surroundings.node, [...contender.flags, path.join(WORKLOADS, 'exit.mjs')], env);
          const { ended } = await surroundings.servers.ingest.count(contender.id, true);
          // Rows that are lost by process.exit are a figure here, not a reason to count for nothing.
          rounds.add(contender.id, { exit: endedAt - (said.at ?? 0), spans: ended });
        });
      }
      yield rounds.figures(name, taking, METRICS);
    }
  },
};
