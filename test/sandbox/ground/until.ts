import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../../common";
import { readProcess } from "./process";

/** Milliseconds between two looks at whether something is ready, and without progress until it is given up. */
const [pollEvery, patience] = [100, 120_000];

/** Processes that come up together. */
export interface Group {
  /** Remembers the outermost process: without it nothing more can come up. */
  readonly pidFile: string;
  /** The log of the one that starts the others, beside theirs. */
  readonly log: string;
}

/**
 * Waits until something is ready: `ready` resolves. However slow the machine is, it is waited for as long as there is
 * progress: a log of the group has a line of a kind that none had before. A daemon that fails again and again writes the
 * same lines.
 *
 * @throws Failure with the end of `log` when there is no more progress, or with the group's own when that has ended.
 */
export async function until(
  what: string,
  ready: () => Promise<unknown>,
  { group, log, signal }: { group: Group; log: string; signal: AbortSignal },
): Promise<void> {
  let kinds = 0;
  let deadline = performance.now() + patience;
  for (;;) {
    signal.throwIfAborted();
    try {
      await ready();
      return;
    } catch (error) {
      if (readProcess(group.pidFile) === undefined) {
        throw new Failure(`${what} is not ready, and what starts it has ended:\n${tail(group.log)}`);
      }
      if (performance.now() > deadline) {
        const now = kindsOfLines(dirname(group.log));
        if (now === kinds) {
          throw new Failure(
            `${what} is not ready, and there has been no progress for ${String(patience / 1000)} s: ${reason(error)}\n${log}:\n${tail(log)}`,
          );
        }
        kinds = now;
        deadline = performance.now() + patience;
      }
    }
    await sleep(pollEvery);
  }
}

/** What is wrong, in one line: fetch tells it in the cause of its error. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** How many lines the logs of a directory have that differ by more than numbers, such as times, ports and identifiers. */
export function kindsOfLines(directory: string): number {
  const lines = readdirSync(directory)
    .filter((name) => name.endsWith(".log"))
    .flatMap((name) => readFileSync(join(directory, name), "utf8").split("\n"));
  return new Set(lines.map((line) => line.replace(/[0-9a-f]*\d[0-9a-f]*/gi, "0"))).size;
}

function tail(log: string): string {
  return readFileSync(log, "utf8").trimEnd().split("\n").slice(-15).join("\n");
}
