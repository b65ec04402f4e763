import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../../common";
import { cache } from "./paths";
import { findProcess, formatProcess, readProcess } from "./process";

/** Another process holds the lock. */
class Busy extends Failure {}

/** Like {@link locked}, once the process that holds the lock has ended its work. */
export async function inTurn<T>(work: () => Promise<T>, file: string, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await locked(work, file);
    } catch (error) {
      if (!(error instanceof Busy)) {
        throw error;
      }
    }
    await sleep(200, undefined, { signal });
  }
}

/**
 * Runs `work` while no other process of this user runs one under the same lock. A holder that died frees it.
 * @throws Failure naming the process that holds it.
 */
export async function locked<T>(work: () => Promise<T>, file = join(cache, "lock")): Promise<T> {
  const self = findProcess(process.pid);
  if (self === undefined) {
    throw new Failure("this process can't be found: is /proc mounted, or ps on PATH?");
  }
  mkdirSync(dirname(file), { recursive: true });
  const holder = readProcess(file);
  const busy = (pid: string) =>
    new Busy(`the sandbox is being started or stopped by another process (pid ${pid}): wait for it to end`);
  if (holder !== undefined) {
    throw busy(String(holder.pid));
  }
  rmSync(file, { force: true });
  // A link appears with its content or not at all.
  const own = `${file}.${String(process.pid)}`;
  writeFileSync(own, formatProcess(self));
  try {
    linkSync(own, file);
  } catch {
    throw busy("just started");
  } finally {
    rmSync(own);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
