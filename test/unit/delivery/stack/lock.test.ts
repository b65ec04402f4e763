import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { asOwner, hasEnded, ownerTag, readLocks, surroundings, withLock } from "../../../../delivery/stack/lock";
import { eventually } from "../../../support/eventually";
import { fakeRun } from "../fake-run";

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

/** A job on a machine whose only process has the id 1; a minute before, it began. */
const job = { host: "runner-2", runs: (pid: number) => pid === 1, job: "42/2", started: Date.parse(since) - 60_000 };
const laptop = { ...job, job: undefined };
/** The tag that a job left which was killed: it began a second before somebody took the lock, unless said otherwise. */
const leftBy = (owner: string, host: string, began = "2026-11-24T22:15:22.999Z") => ({
  [ownerTag]: `${owner} ${host} ${began}`,
});
const afterwards = "2026-11-24T22:15:24.000Z";
const before = { ...job, started: Date.parse(afterwards) };

interface Case {
  readonly host: string;
  readonly pid: number;
  readonly tags: Record<string, string>;
  readonly around: typeof job | typeof laptop;
  readonly ended: boolean;
}
const holders: Readonly<Record<string, Case>> = {
  "a laptop's process that is gone, there": { host: "runner-2", pid: 2, tags: {}, around: laptop, ended: true },
  "a laptop's process that runs, there": { host: "runner-2", pid: 1, tags: {}, around: laptop, ended: false },
  "a laptop, for a job": { host: "laptop", pid: 2, tags: {}, around: job, ended: false },
  "a job, for a laptop": { host: "runner-1", pid: 2, tags: leftBy("41/1", "runner-1"), around: laptop, ended: false },
  "the job before, on another machine": {
    host: "runner-1",
    pid: 1,
    tags: leftBy("41/1", "runner-1"),
    around: before,
    ended: true,
  },
  "the job before, on a machine of the same name with a process of that id": {
    host: "runner-2",
    pid: 1,
    tags: leftBy("41/1", "runner-2"),
    around: before,
    ended: true,
  },
  "the attempt before, which took it in the second in which it began": {
    host: "runner-2",
    pid: 1,
    tags: leftBy("42/1", "runner-2", "2026-11-24T22:15:23.900Z"),
    around: before,
    ended: true,
  },
  "somebody on a machine of this one's name, whose process isn't here": {
    host: "runner-2",
    pid: 2,
    tags: {},
    around: before,
    ended: false,
  },
  "somebody on a machine of the last job's name, from before that job": {
    host: "runner-1",
    pid: 2,
    tags: leftBy("41/1", "runner-1", afterwards),
    around: before,
    ended: false,
  },
  "somebody on another machine than the last job's": {
    host: "runner-3",
    pid: 2,
    tags: leftBy("41/1", "runner-1"),
    around: before,
    ended: false,
  },
  "this script's own process that is gone": { host: "runner-2", pid: 2, tags: {}, around: job, ended: true },
  "this script's own process that runs": { host: "runner-2", pid: 1, tags: {}, around: job, ended: false },
  "the step before of this job, whose process is gone": {
    host: "runner-2",
    pid: 2,
    tags: leftBy("42/2", "runner-2"),
    around: before,
    ended: true,
  },
  "the step before of this job, whose process runs": {
    host: "runner-2",
    pid: 1,
    tags: leftBy("42/2", "runner-2"),
    around: before,
    ended: false,
  },
};

for (const [who, { host, pid, tags, around, ended }] of Object.entries(holders)) {
  test(`a lock of ${who}, is ${ended ? "left over" : "perhaps alive"}`, () => {
    assert.equal(hasEnded({ user: "root", host, pid, since }, tags, around), ended);
  });
}

/** Runs a command on a stack that this process has locked, and returns how it ended with what ran besides. */
async function locked(holder: string, around: typeof job | typeof laptop) {
  let isLocked = true;
  const commands: string[] = [];
  const run = fakeRun((text) => {
    commands.push(text);
    isLocked &&= !text.startsWith("pulumi cancel");
    return text === "pulumi up" && isLocked ? { status: 255, stderr: error(holder) } : {};
  });
  const result = withLock(run, "prod", leftBy("41/1", "runner-1"), () => run(["pulumi", "up"]), around);
  return { status: await result.then(({ status }) => status, String), commands };
}

test("a lock that is left over goes, and the command runs again", async () => {
  assert.deepEqual(await locked("root@runner-1 (pid 9)", job), {
    status: 0,
    commands: ["pulumi up", "pulumi cancel --yes --stack prod", "pulumi up"],
  });
});

test("a lock of a process that may run stays, and is named", async () => {
  assert.deepEqual(await locked("ann@laptop (pid 9)", laptop), {
    status:
      `Error: the stack prod is locked since ${since} by ann@laptop, process 9, which may still run. Wait for it. ` +
      "If it has ended, pulumi cancel --stack prod unlocks the stack.",
    commands: ["pulumi up"],
  });
});

test("a job leaves its run and attempt while it changes a stack, also if that fails, and a laptop leaves nothing", async () => {
  for (const [around, fails] of [
    [job, false],
    [job, true],
    [laptop, false],
  ] as const) {
    const commands: string[] = [];
    const run = fakeRun((text) => void commands.push(text.replace(/\d{4}-\S+Z/, "NOW")));
    const work = () => run(["pulumi", "up"]).then(() => (fails ? Promise.reject(new Error("no")) : "done"));
    const result = await asOwner(run, "prod", work, around).catch(String);
    assert.deepEqual(
      [result, ...commands],
      [
        fails ? "Error: no" : "done",
        ...(around.job === undefined ? [] : [`pulumi stack tag set ${ownerTag} 42/2 runner-2 NOW --stack prod`]),
        "pulumi up",
        ...(around.job === undefined ? [] : [`pulumi stack tag rm ${ownerTag} --stack prod`]),
      ],
    );
  }
});

test("a job is known by its run and attempt", () => {
  const variables = { GITHUB_ACTIONS: "true", GITHUB_RUN_ID: "42", GITHUB_RUN_ATTEMPT: "3" };
  assert.equal(surroundings(variables).job, "42/3");
  assert.equal(surroundings({}).job, undefined);
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
    await eventually("the end of the process", () => !surroundings().runs(Number(pid)) || undefined);
    assert.equal(parent.exitCode, null);
  },
);
