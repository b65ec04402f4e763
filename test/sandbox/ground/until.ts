import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../../common";
import type { Group } from "./group";
import { readProcess } from "./process";

/** Milliseconds between two looks at whether something is ready. */
const pollEvery = 250;

/** Gets the error of a failed look. Returns why the wait ends, or undefined to look again. */
type Patience = (error: unknown) => string | undefined;

/**
 * Waits until something is ready: `ready` resolves.
 * @throws Failure when there is no more patience.
 */
export async function until(
  what: string,
  ready: () => Promise<unknown>,
  patience: Patience,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      await ready();
      return;
    } catch (error) {
      const why = patience(error);
      if (why !== undefined) {
        throw new Failure(`${what} is not ready${why}`);
      }
    }
    await sleep(pollEvery);
  }
}

/** Patience for so many seconds. */
export function forSeconds(seconds: number): Patience {
  const deadline = performance.now() + seconds * 1000;
  return (error) => (performance.now() > deadline ? ` after ${String(seconds)} s: ${reason(error)}` : undefined);
}

/** Milliseconds without progress until {@link whileProgress} ends. */
const withoutProgress = 120_000;

/**
 * Patience for as long as there is progress, however slow the machine is: a log of the group has a line of a kind that none
 * had before. A daemon that fails again and again writes the same lines.
 * @param log The one whose end the error shows, unless the group has ended.
 */
export function whileProgress(group: Group, log: string): Patience {
  let kinds = 0;
  let deadline = performance.now() + withoutProgress;
  return (error) => {
    if (readProcess(group.pidFile) === undefined) {
      return `, and what starts it has ended:\n${tail(group.log)}`;
    }
    if (performance.now() > deadline) {
      const now = kindsOfLines(dirname(group.log));
      if (now === kinds) {
        const seconds = String(withoutProgress / 1000);
        return `, and there has been no progress for ${seconds} s: ${reason(error)}\n${log}:\n${tail(log)}`;
      }
      kinds = now;
      deadline = performance.now() + withoutProgress;
    }
    return undefined;
  };
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
