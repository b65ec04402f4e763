import { setTimeout as sleep } from "node:timers/promises";
import { Failure, messageOf } from "../../../common";

/** Milliseconds between two looks at whether something is ready, and until it is given up. */
const [pollEvery, patience] = [250, 300_000];

/**
 * Waits until `ready` resolves.
 * @throws Failure with its last error, when it doesn't.
 */
export async function untilReady(what: string, ready: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + patience;
  for (;;) {
    signal.throwIfAborted();
    try {
      await ready();
      return;
    } catch (error) {
      if (performance.now() > deadline) {
        throw new Failure(`${what} is not ready after ${String(patience / 1000)} s: ${messageOf(error)}`);
      }
    }
    await sleep(pollEvery);
  }
}
