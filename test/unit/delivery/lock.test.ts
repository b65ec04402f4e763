import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { hasEnded, hostTag, readLocks, surroundings, withLock } from "../../../delivery/lock";
import { fakeRun } from "./fake-run";

const since = "2026-11-24T22:15:23Z";
const error = (...holders: string[]) =>
  `error: the stack is currently locked by ${holders.length} lock(s). Either wait for the other process(es) to end or delete ` +
  "the lock file with `pulumi cancel`." +
  holders
    .map((each) => `\n  s3://bucket/.pulumi/locks/organization/ping/dev/6.json: created by ${each} at ${since}`)
    .join("");

test("the locks are what Pulumi's error names, and in any other error there are none", () => {
  assert.deepEqual(readLocks(error("root@vm (pid 15720)", "ann@laptop (pid 7)")), [
    { user: "root", host: "vm", pid: 15720, since },
    { user: "ann", host: "laptop", pid: 7, since },
  ]);
  assert.deepEqual(readLocks(`error: created by root@vm (pid 1) at ${since}`), []);
});

const job = { host: "runner-2", runs: (pid: number) => pid === 1, inJob: true };
const tags = { [hostTag]: "runner-1" };
const holders: Readonly<Record<string, { host: string; pid: number; around?: Partial<typeof job>; ended: boolean }>> = {
  "a process of this machine that is gone": { host: "runner-2", pid: 2, ended: true },
  "a process of this machine that runs": { host: "runner-2", pid: 1, ended: false },
  "a process that runs here, where the last job ran too": {
    host: "runner-1",
    pid: 1,
    around: { host: "runner-1" },
    ended: false,
  },
  "the last job, for the next one": { host: "runner-1", pid: 1, ended: true },
  "the last job, for somebody's own machine": { host: "runner-1", pid: 1, around: { inJob: false }, ended: false },
  "somebody's own machine, for a job": { host: "laptop", pid: 2, ended: false },
};

for (const [who, { host, pid, around, ended }] of Object.entries(holders)) {
  test(`a lock of ${who} is ${ended ? "left over" : "perhaps alive"}`, () => {
    assert.equal(hasEnded({ user: "root", host, pid, since }, tags, { ...job, ...around }), ended);
  });
}

/** Runs a command on a stack that these processes have locked, and returns how it ended with what ran besides. */
async function locked(holder: string, around = job) {
  let isLocked = true;
  const commands: string[] = [];
  const run = fakeRun((text) => {
    commands.push(text);
    isLocked &&= !text.startsWith("pulumi cancel");
    return text === "pulumi up" && isLocked ? { status: 255, stderr: error(holder) } : {};
  });
  const result = withLock(run, "prod", tags, () => run(["pulumi", "up"]), around);
  return { status: await result.then(({ status }) => status, String), commands };
}

test("a lock that is left over goes, the command runs again, and the job leaves its machine's name before", async () => {
  assert.deepEqual(await locked("root@runner-1 (pid 9)"), {
    status: 0,
    commands: [
      `pulumi stack tag set ${hostTag} runner-2 --stack prod`,
      "pulumi up",
      "pulumi cancel --yes --stack prod",
      "pulumi up",
    ],
  });
});

test("a lock of a process that may run stays, and is named", async () => {
  assert.deepEqual(await locked("ann@laptop (pid 9)", { ...job, inJob: false }), {
    status:
      `Error: the stack prod is locked since ${since} by ann@laptop, process 9, which may still run. Wait for it. ` +
      "If it has ended, pulumi cancel --stack prod unlocks the stack.",
    commands: ["pulumi up"],
  });
});

test("this process runs, and one that has ended doesn't", () => {
  assert.equal(surroundings().runs(process.pid), true);
  // Above the kernel's limit (PID_MAX_LIMIT).
  assert.equal(surroundings().runs(2 ** 22 + 1), false);
});

test(
  "a process that has ended doesn't run, also while its parent leaves it in the list",
  { timeout: 10_000 },
  async (t) => {
    // The shell becomes a sleep, which never asks how the other one ended.
    const parent = spawn("sh", ["-c", "sleep 0.1 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
    t.after(() => parent.kill());
    const [pid] = (await once(parent.stdout, "data")) as [Buffer];
    while (surroundings().runs(Number(pid))) {
      await setTimeout(20);
    }
    assert.equal(parent.exitCode, null);
  },
);
