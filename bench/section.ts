import type { Figure } from './figures';
import type { Surroundings } from './processes';

interface Settings {
  /** Few rounds of few workloads: does it run at all? */
  quick: boolean;
  /** Tells what is being measured. */
  say(workload: string): void;
}

/** A part of the measurement, by the name that `--only` takes. */
export interface Section {
  name: string;
  /** Gives the figures of each workload as soon as they are there. */
  run(surroundings: Surroundings, settings: Settings): AsyncIterable<Figure[]>;
}
