export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** The list begun `by` places later, so that nobody always comes after the same one. */
export const rotated = <T>(values: readonly T[], by: number): T[] =>
  values.map((_, index) => values[(index + by) % values.length]).filter((value) => value !== undefined);

export async function inTurn<From, To>(values: readonly From[], task: (value: From, index: number) => Promise<To>): Promise<To[]> {
  const results: To[] = [];
  for (const [index, value] of values.entries()) results.push(await task(value, index));
  return results;
}
