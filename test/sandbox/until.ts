import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "./failure";
import { readProcess } from "./process";

/** Milliseconds between two looks at whether something is ready, and before it is given up. */
const [pollEvery, giveUpAfter] = [100, 90_000];

/** Processes that come up together. */
export interface Group {
  /** Remembers the outermost process: without it nothing more can come up. */
  readonly pidFile: string;
  /** The log of the one that starts the others. */
  readonly log: string;
}

/**
 * Waits until something is ready: `ready` resolves.
 * @throws {Failure} with the end of `log` when it takes too long, or with the group's own when that has ended.
 */
export async function until(
  what: string,
  ready: () => Promise<unknown>,
  { group, log, signal }: { group: Group; log: string; signal: AbortSignal },
): Promise<void> {
  const deadline = performance.now() + giveUpAfter;
  for (;;) {
    signal.throwIfAborted();
    try {
      await ready();
      return;
    } catch (error) {
      if (readProcess(group.pidFile) === undefined)
        throw new Failure(`${what} is not ready, and what starts it has ended:\n${tail(group.log)}`);
      if (performance.now() > deadline) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Failure(
          `${what} is not ready after ${String(giveUpAfter / 1000)} s: ${reason}\n${log}:\n${tail(log)}`,
        );
      }
    }
    await sleep(pollEvery);
  }
}

function tail(log: string): string {
  return readFileSync(log, "utf8").trimEnd().split("\n").slice(-15).join("\n");
}
