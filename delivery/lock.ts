import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { Failure } from "../infra/base";
import { outputOf, type Result, type Run } from "./command";
import { setTag, type Tags } from "./stack-tags";

/** The lock of a stack in a self-managed backend: the process that took it. */
export interface Lock {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  /** When the process took the lock, as Pulumi prints it. */
  readonly since: string;
}

/** What this process knows of others. */
export interface Surroundings {
  /** This machine's name. */
  readonly host: string;
  /** Whether a process of this machine has that id. */
  readonly runs: (pid: number) => boolean;
  /** Whether this is a workflow's job, the only one of this stack at a time. */
  readonly inJob: boolean;
}

/** The stack tag with the name of the machine whose job changed the stack last. */
export const hostTag = "release-host";

/** {@link Surroundings} for real. GitHub sets GITHUB_ACTIONS in each job. */
export function surroundings(): Surroundings {
  return { host: hostname(), runs: processExists, inJob: process.env["GITHUB_ACTIONS"] === "true" };
}

/**
 * Runs a command that locks a stack. Where a process that has ended left the stack locked, unlocks it and runs the command
 * again.
 *
 * @throws Failure where the process that locked the stack may still run.
 */
export async function withLock<T extends Result>(
  run: Run,
  stack: string,
  tags: Tags,
  attempt: () => Promise<T>,
  around = surroundings(),
): Promise<T> {
  if (around.inJob && tags[hostTag] !== around.host) {
    await setTag(run, stack, hostTag, around.host);
  }
  const first = await attempt();
  const locks = first.status === 0 ? [] : readLocks(first.stderr);
  if (locks.length === 0) {
    return first;
  }
  for (const lock of locks) {
    if (!hasEnded(lock, tags, around)) {
      throw new Failure(
        `the stack ${stack} is locked since ${lock.since} by ${lock.user}@${lock.host}, process ${lock.pid}, which may still ` +
          `run. Wait for it. If it has ended, pulumi cancel --stack ${stack} unlocks the stack.`,
      );
    }
  }
  process.stderr.write(`the process that locked the stack ${stack} has ended: unlocking it\n`);
  await outputOf(run, ["pulumi", "cancel", "--yes", "--stack", stack]);
  return attempt();
}

const pattern = /created by (?<user>\S+)@(?<host>\S+) \(pid (?<pid>\d+)\) at (?<since>\S+)/g;

/** The locks that a command's error names (`checkForLock` in Pulumi's `pkg/backend/diy`); none in any other error. */
export function readLocks(stderr: string): readonly Lock[] {
  if (!stderr.includes("the stack is currently locked by")) {
    return [];
  }
  return [...stderr.matchAll(pattern)].map(({ groups: { user = "", host = "", pid = "", since = "" } = {} }) => ({
    user,
    host,
    pid: Number(pid),
    since,
  }));
}

/**
 * Whether the process that took a lock has ended for certain. On this machine its process id tells. The last job of this
 * stack ran on a machine that {@link hostTag} names. To another job that job has ended, because the workflow's concurrency
 * group runs one job of a stack at a time. Any other process may run, such as `pulumi up` on somebody's laptop.
 */
export function hasEnded({ host, pid }: Lock, tags: Tags, around: Surroundings): boolean {
  return host === around.host ? !around.runs(pid) : around.inJob && host === tags[hostTag];
}

function processExists(pid: number): boolean {
  if (isZombie(pid)) {
    return false;
  }
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process is another user's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * Whether a process has ended and its parent hasn't asked how. Linux lists it until then, which is forever in a container
 * whose first process never asks.
 */
function isZombie(pid: number): boolean {
  try {
    return /^State:\s*Z/m.test(readFileSync(`/proc/${String(pid)}/status`, "utf8"));
  } catch {
    // The process is gone, or this isn't Linux.
    return false;
  }
}
