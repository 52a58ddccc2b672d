import type { Contender } from './contenders';
import { Rounds } from './figures';
import { type Application, type Surroundings, startApplication } from './processes';
import { inTurn, rotated } from './statistics';

export interface Pairing {
  contenders: readonly Contender[];
  /** How often all of the processes are started anew. */
  processes: number;
  /** Blocks of each process. */
  rounds: number;
  settings?: Record<string, string>;
  flags?: readonly string[];
  /** What comes before the first block, so that it is hot. */
  warm(application: Application): Promise<Sample>;
  block(application: Application): Promise<Sample>;
}

/** The figures of a block, or why its contender is void. */
export type Sample = Record<string, number> | string;

/** A block of each contender, in turn, again and again: what the machine does to one it does to all. */
export async function paired(surroundings: Surroundings, pairing: Pairing): Promise<Rounds> {
  const result = new Rounds();
  for (let generation = 0; generation < pairing.processes; generation++) {
    const taking = pairing.contenders.filter(({ id }) => !result.isVoid(id));
    const applications = await inTurn(taking, (contender) => startApplication(surroundings, contender, pairing.settings, pairing.flags));
    try {
      for (let round = -1; round < pairing.rounds; round++) {
        await inTurn(rotated(applications, generation + round + 1), async (application) => {
          const { id } = application.contender;
          if (result.isVoid(id)) return;
          const sample = await (round < 0 ? pairing.warm(application) : pairing.block(application));
          if (typeof sample === 'string') result.refuse(id, sample);
          else if (round >= 0) result.add(id, sample);
        });
      }
    } finally {
      await Promise.all(applications.map((application) => application.close()));
    }
  }
  return result;
}
