import type { Contender } from './contenders';
import { median } from './statistics';

/** One contender at one workload: what the table and the JSON are made of. */
export interface Figure {
  workload: string;
  contender: string;
  label: string;
  metric: string;
  unit: string;
  /** One for each round, in their order. */
  samples: number[];
  median: number;
  /** The median of what it is over no tracing, round by round. */
  added: number;
  /** Why the row counts for nothing. */
  void?: string;
}

export interface Metric {
  name: string;
  unit: string;
}

/** What contenders took, round by round, and what that makes. */
export class Rounds {
  readonly #samples = new Map<string, Map<string, number[]>>();
  readonly #void = new Map<string, string>();

  add(contender: string, sample: Record<string, number>): void {
    const metrics = this.#samples.get(contender) ?? new Map<string, number[]>();
    this.#samples.set(contender, metrics);
    for (const [name, value] of Object.entries(sample)) metrics.set(name, [...(metrics.get(name) ?? []), value]);
  }

  /** The contender did not do what it is measured for. */
  refuse(contender: string, reason: string): void {
    this.#void.set(contender, reason);
  }

  isVoid = (contender: string): boolean => this.#void.has(contender);

  figures(workload: string, contenders: readonly Contender[], metrics: readonly Metric[]): Figure[] {
    return contenders.flatMap(({ id, base, label }) =>
      metrics.flatMap(({ name, unit }) => {
        const samples = this.#of(id, name);
        const reason = this.#void.get(id);
        const bases = this.#bases(id, base, name);
        // What no tracing takes may be beyond telling: then nothing can be said of what is added to it.
        if ((samples.length === 0 || bases.length === 0) && reason === undefined) return [];
        const added = median(samples.map((value, round) => value - (bases[round] ?? median(bases))));
        return [
          { workload, contender: id, label, metric: name, unit, samples, median: median(samples), added, ...(reason && { void: reason }) },
        ];
      }),
    );
  }

  /** No tracing is measured twice in each round: its mean is steadier than either. The second itself is held against the first. */
  #bases(id: string, base: string, metric: string): number[] {
    const first = this.#of(base, metric);
    if (base !== 'none' || id === 'none' || id === 'again') return first;
    const second = this.#of('again', metric);
    return first.map((value, round) => (value + (second[round] ?? value)) / 2);
  }

  #of(id: string, metric: string): number[] {
    return this.#samples.get(id)?.get(metric) ?? [];
  }
}
