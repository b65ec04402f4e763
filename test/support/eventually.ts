import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two looks, and, unless something takes longer by its nature, until it is given up. */
const [pollEvery, ordinaryPatience] = [50, 60_000];

/**
 * Looks again and again until there is something to see, and returns it.
 * @throws Error naming what never came.
 */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  patience = ordinaryPatience,
): Promise<T> {
  const deadline = performance.now() + patience;
  while (performance.now() < deadline) {
    const found = await look();
    if (found !== undefined) {
      return found;
    }
    await sleep(pollEvery);
  }
  throw new Error(`${what}: not within ${String(patience / 1000)} s`);
}
