/** How {@link schedule} runs suites. */
interface Schedule {
  /** Beside one of these no other suite runs. */
  readonly alone: readonly string[];
  /** Asked before each suite. */
  readonly mayBegin: () => boolean;
  /** Runs a suite to its end. */
  readonly run: (suite: string) => Promise<void>;
}

/** Begins suites in their order, two at a time, and returns those that it may not begin any more. */
export async function schedule(suites: readonly string[], { alone, mayBegin, run }: Schedule): Promise<string[]> {
  const running = new Set<Promise<void>>();
  const late: string[] = [];
  for (const suite of suites) {
    const beside = alone.includes(suite) ? 0 : 1;
    while (running.size > beside) {
      await Promise.race(running);
    }
    if (!mayBegin()) {
      late.push(suite);
      continue;
    }
    const ended = run(suite).finally(() => running.delete(ended));
    running.add(ended);
    if (beside === 0) {
      await ended;
    }
  }
  await Promise.all(running);
  return late;
}
