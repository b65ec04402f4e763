import { setTimeout as sleep } from "node:timers/promises";
import { abortReason, isTransient } from "./api";
import type { Readiness } from "./readiness";

/** How long, and under whose eyes, to wait. */
export interface WaitOptions {
  /** Milliseconds. */
  readonly timeout: number;
  /** Ends the wait early. */
  readonly signal: AbortSignal;
  /** Is told what is missing, each time that it changes. */
  readonly report: (message: string) => void;
  /** Milliseconds between two looks. */
  readonly interval?: number;
}

/** Why something did not become ready. */
export interface NotReady {
  readonly cause: "failed" | "timeout" | "cancelled";
  readonly message: string;
}

/**
 * Looks again and again until `look` says that the thing is ready, and returns undefined, or until it can't be any
 * more, and returns why. An API server that is away for a moment is waited for like anything else.
 */
export async function waitUntilReady(
  look: (signal: AbortSignal) => Promise<Readiness>,
  { timeout, signal, report, interval = 250 }: WaitOptions,
): Promise<NotReady | undefined> {
  const deadline = AbortSignal.timeout(timeout);
  const either = AbortSignal.any([signal, deadline]);
  let missing = "the cluster has not answered yet";
  for (;;) {
    try {
      const readiness = await lookOrWait(look, either);
      if (readiness.state === "ready") {
        return undefined;
      }
      if (readiness.state === "failed") {
        return { cause: "failed", message: readiness.message };
      }
      if (readiness.message !== missing) {
        missing = readiness.message;
        report(missing);
      }
      await sleep(interval, undefined, { signal: either });
    } catch (error) {
      if (signal.aborted) {
        return { cause: "cancelled", message: `${abortReason(signal).message}: ${missing}` };
      }
      if (deadline.aborted) {
        return { cause: "timeout", message: `not ready within ${timeout / 1000} s: ${missing}` };
      }
      throw error;
    }
  }
}

async function lookOrWait(look: (signal: AbortSignal) => Promise<Readiness>, signal: AbortSignal): Promise<Readiness> {
  try {
    return await look(signal);
  } catch (error) {
    if (error instanceof Error && isTransient(error)) {
      return { state: "waiting", message: error.message };
    }
    throw error;
  }
}
