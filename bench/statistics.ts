/** One of several ways of doing the same thing, and what was measured of it, a sample a round. */
export interface Variant<Sample> {
  readonly name: string;
  readonly measure: () => Promise<Sample>;
  readonly samples: Sample[];
}

/** A variant that hasn't been measured yet. */
export const variant = <Sample>(name: string, measure: () => Promise<Sample>): Variant<Sample> => ({
  name,
  measure,
  samples: [],
});

/**
 * Measures the variants in turn, each once a round, so that whatever else the machine does slows all of them alike. Each
 * round begins with another variant. A first round, which fills caches, isn't counted.
 */
export async function interleave<Sample>(variants: readonly Variant<Sample>[], rounds: number): Promise<void> {
  for (const { measure } of variants) {
    await measure();
  }
  for (let round = 0; round < rounds; round++) {
    const first = round % variants.length;
    for (const { measure, samples } of [...variants.slice(first), ...variants.slice(0, first)]) {
      samples.push(await measure());
    }
  }
}

/**
 * The value that a fraction of the values lies below, linearly interpolated.
 * @throws RangeError when there are none.
 */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * fraction;
  const [low, high] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
  if (low === undefined || high === undefined) {
    throw new RangeError("no values, no quantile");
  }
  return low + (high - low) * (position - Math.floor(position));
}

/** The middle value. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** All of the values together. */
export const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

/** Name → median over some runs, of every name that the first run has. */
export function medians(runs: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const names = [...(runs[0]?.keys() ?? [])];
  return new Map(names.map((name) => [name, median(runs.map((run) => run.get(name) ?? 0))]));
}

/** What a table's ratio is: the quotient of the medians beside it. */
export const ratioOfMedians = (numerators: readonly number[], denominators: readonly number[]): number =>
  median(numerators) / median(denominators);

/** How long something takes, in milliseconds. */
export async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}
