import type { Bar } from "./chart";

/** What a benchmark is to show: a ratio, and where it has to lie. */
export interface Target {
  /** What is divided by what. */
  readonly what: string;
  readonly ratio: number;
  readonly limit: number;
  /** Whether the limit is the highest ratio that will do, or the lowest. */
  readonly limits: "at most" | "at least";
}

/** A chart and the name of its file. */
interface Plot {
  readonly name: string;
  readonly title: string;
  readonly bars: readonly Bar[];
}

/** What a benchmark found. */
export interface Result {
  readonly targets: readonly Target[];
  /** Markdown: how it was measured, and the figures. */
  readonly body: string;
  readonly plots: readonly Plot[];
}

/** Why a benchmark can't run on this machine, and what to do about it. */
export interface Skipped {
  readonly skipped: string;
}

/** A benchmark: takes the sandbox's environment, measures, and leaves nothing running or deployed. */
export interface Benchmark {
  readonly title: string;
  readonly run: (env: NodeJS.ProcessEnv) => Promise<Result | Skipped>;
}

/** Whether the measured ratio keeps to the limit. */
export const isMet = ({ ratio, limit, limits }: Target): boolean =>
  limits === "at most" ? ratio <= limit : ratio >= limit;
