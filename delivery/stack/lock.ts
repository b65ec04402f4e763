import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { Failure } from "../../common";
import type { Result, Run } from "../run";
import { removeTag, setTags, type Tags, unlock } from "./stack";

/** The lock of a stack in a self-managed backend: the process that took it. */
interface Lock {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  /** When the process took the lock, as Pulumi prints it. */
  readonly since: string;
}

/** What this process knows of others. */
interface Surroundings {
  /** This machine's name. GitHub's runners share names. */
  readonly host: string;
  /** Whether a process of this machine has that id. */
  readonly runs: (pid: number) => boolean;
  /** The workflow's run and attempt whose job this is, the only one of this stack at a time; undefined on a laptop. */
  readonly job: string | undefined;
  /** When this process started, in milliseconds. */
  readonly started: number;
}

/**
 * The stack tag that a job has while it changes the stack: its run and attempt, its machine's name, and when it began. A job that
 * was killed leaves the tag. Pulumi's lock holds neither run nor attempt.
 */
export const ownerTag = "release-run";

/** {@link Surroundings} for real. GitHub sets these variables in each job. */
export function surroundings(env = process.env): Surroundings {
  const started = Date.now() - process.uptime() * 1000;
  const job = env["GITHUB_ACTIONS"] === "true" ? `${env["GITHUB_RUN_ID"]}/${env["GITHUB_RUN_ATTEMPT"]}` : undefined;
  return { host: hostname(), runs: processExists, job, started };
}

/** Does what locks a stack, and lets the next job know meanwhile whose locks these are. */
export async function asOwner<T>(
  run: Run,
  stack: string,
  work: () => Promise<T>,
  { job, host } = surroundings(),
): Promise<T> {
  if (job === undefined) {
    return work();
  }
  await setTags(run, stack, { [ownerTag]: `${job} ${host} ${new Date().toISOString()}` });
  try {
    return await work();
  } finally {
    await removeTag(run, stack, ownerTag);
  }
}

/**
 * Runs a command that locks a stack. Where a process that has ended left the stack locked, unlocks it and runs the command
 * again.
 *
 * @param tags The stack's tags from before this job became its owner.
 * @throws Failure where the process that locked the stack may still run.
 */
export async function withLock<T extends Result>(
  run: Run,
  stack: string,
  tags: Tags,
  attempt: () => Promise<T>,
  around = surroundings(),
): Promise<T> {
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
  await unlock(run, stack);
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
 * Whether the process that took a lock has ended for certain.
 *
 * On a laptop its process id tells. In a job, a lock is of the job that {@link ownerTag} names if it was taken on a machine of that
 * name after that job began. That job has ended, because the workflows' concurrency groups run one job of a stack at a time. Of
 * this job's own locks the process id tells. Any other process may run, also on another machine of the same name.
 */
export function hasEnded({ host, pid, since }: Lock, tags: Tags, around: Surroundings): boolean {
  const isHere = host === around.host;
  if (around.job === undefined) {
    return isHere && !around.runs(pid);
  }
  const [job, name, began = ""] = tags[ownerTag]?.split(" ") ?? [];
  const isOfOwner = host === name && isAfter(since, Date.parse(began));
  if ((isHere && isAfter(since, around.started)) || (isOfOwner && job === around.job)) {
    return !around.runs(pid);
  }
  return isOfOwner;
}

/** Whether a lock was taken after a time. Pulumi tells of its locks by the second. */
const isAfter = (since: string, time: number): boolean => Date.parse(since) >= Math.floor(time / 1000) * 1000;

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
