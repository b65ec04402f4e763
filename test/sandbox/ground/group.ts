import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../../common";
import { findProcess, formatProcess, isRunning, type Process, readProcess } from "./process";

/** Processes in namespaces of their own, which end together. */
export interface Group {
  /** The error's text when the group isn't running. */
  readonly absence: string;
  /** Remembers the outermost process: without it nothing more can come up. */
  readonly pidFile: string;
  /** The log of the one that starts the others, beside theirs. */
  readonly log: string;
  /** How many processes stand around the first one in the namespaces: 1 for unshare, 2 for nsenter and unshare. */
  readonly around: 1 | 2;
}

/** What {@link startGroup} takes beside the group itself. */
interface StartOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** The descriptor of a file that becomes the group's descriptor 3. */
  readonly shared?: number;
}

/** Starts a group by the command that makes its namespaces. It goes on when this process ends. */
export function startGroup(
  group: Group,
  [file, ...args]: readonly [string, ...string[]],
  { env = process.env, shared }: StartOptions = {},
): void {
  const log = openSync(group.log, "a");
  const stdio = ["ignore" as const, log, log, ...(shared === undefined ? [] : [shared])];
  const child = spawn(file, args, { detached: true, stdio, cwd: "/", env });
  // The process that isn't there says so below.
  child.on("error", () => undefined);
  closeSync(log);
  const outer = child.pid === undefined ? undefined : findProcess(child.pid);
  if (outer === undefined) {
    throw new Failure(`${file} could not be started`);
  }
  writeFileSync(group.pidFile, formatProcess(outer));
  child.unref();
}

/**
 * The first process in a group's namespaces, as the machine sees it.
 * @throws Failure when there is none.
 */
export function initOf(group: Group): Process {
  const outer = readProcess(group.pidFile);
  const init = outer && within(outer, group);
  if (init === undefined) {
    throw new Failure(group.absence);
  }
  return init;
}

/** Ends every process of a group. Does nothing when there is none. */
export async function endGroup(group: Group): Promise<void> {
  const outer = readProcess(group.pidFile);
  if (outer === undefined) {
    return;
  }
  // The first process ends last: the kernel waits for all others of its namespace.
  const init = within(outer, group) ?? outer;
  process.kill(init.pid, "SIGKILL");
  while ([outer, init].some(isRunning)) {
    await sleep(20);
  }
}

function within(outer: Process, { around }: Group): Process | undefined {
  const below = firstChild(outer);
  return around === 1 ? below : below && firstChild(below);
}

/** The first process that this one started and that still runs. */
function firstChild({ pid }: Process): Process | undefined {
  const [child] = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, "utf8").split(" ");
  return findProcess(Number(child));
}
