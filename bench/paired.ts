import type { Contender } from './contenders';
import { Rounds } from './figures';
import { canShareCore, shareCore } from './one-core';
import { type Application, type Surroundings, startApplication } from './processes';
import { inTurn, rotated } from './statistics';

export interface Pairing {
  contenders: readonly Contender[];
  /** How often all of the processes are started anew. */
  processes: number;
  /** Blocks of each process, one process after the other. */
  rounds: number;
  /**
   * Blocks of all processes at the same time, on one core: a machine whose speed changes from one second to the next changes it for all of
   * them. CPU time is taken from these, and all else, which a clock has told, from the others.
   */
  together?: number;
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
  const together = canShareCore() ? (pairing.together ?? 0) : 0;
  const add = (contender: Contender, sample: Sample, isWanted: (metric: string) => boolean) => {
    if (typeof sample === 'string') result.refuse(contender.id, sample);
    else result.add(contender.id, Object.fromEntries(Object.entries(sample).filter(([metric]) => isWanted(metric))));
  };
  for (let generation = 0; generation < pairing.processes; generation++) {
    const taking = pairing.contenders.filter(({ id }) => !result.isVoid(id));
    const applications = await inTurn(taking, (contender) => startApplication(surroundings, contender, pairing.settings, pairing.flags));
    const left = () => applications.filter(({ contender }) => !result.isVoid(contender.id));
    try {
      for (let round = -1; round < pairing.rounds; round++) {
        await inTurn(rotated(left(), generation + round + 1), async (application) => {
          const sample = await (round < 0 ? pairing.warm(application) : pairing.block(application));
          add(application.contender, sample, (metric) => round >= 0 && (metric !== 'cpu' || together === 0));
        });
      }
      if (together > 0) shareCore(left().map(({ pid }) => pid));
      for (let round = 0; round < together; round++) {
        const blocks = left().map(async (application) => ({ application, sample: await pairing.block(application) }));
        for (const { application, sample } of await Promise.all(blocks)) add(application.contender, sample, (metric) => metric === 'cpu');
      }
    } finally {
      await Promise.all(applications.map((application) => application.close()));
    }
  }
  return result;
}
