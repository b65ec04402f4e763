import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Failure } from "../../../../common";
import { endGroup, type Group, initOf, startGroup } from "../../../sandbox/ground/group";
import { isRunning, readProcess } from "../../../sandbox/ground/process";
import { until, whileProgress } from "../../../sandbox/ground/until";
import { directoryWith } from "../../../support/files";

const onLinux = { skip: process.platform !== "linux" && "a group is found in Linux's /proc" };

const groupIn = (directory: string, around: 1 | 2): Group => ({
  absence: "nothing is there",
  pidFile: join(directory, "pid"),
  log: join(directory, "starter.log"),
  around,
});

/** The first process is `sleep`. Each shell around it has a command after its child, or it would become that child. */
const inner = "echo started; sleep 1000; exit";
const commands = { 1: inner, 2: 'sh -c "$INNER"; exit' };

for (const around of [1, 2] as const) {
  test(`a group is found by its first process below ${around}, and ends with it`, onLinux, async (t) => {
    // Not by directoryWith, which would remove it first: the group must end before.
    const directory = mkdtempSync(join(tmpdir(), "ping-group-"));
    const group = groupIn(directory, around);
    t.after(async () => {
      await endGroup(group);
      rmSync(directory, { recursive: true });
    });
    const absent = new Failure("nothing is there");
    assert.throws(() => initOf(group), absent);
    await endGroup(group);

    startGroup(group, ["sh", "-c", commands[around]], { env: { ...process.env, INNER: inner } });
    const { signal } = new AbortController();
    const command = () => readFileSync(`/proc/${initOf(group).pid}/cmdline`, "utf8");
    const found = () => Promise.resolve().then(() => assert.match(command(), /^sleep\0/));
    await until("the group", found, whileProgress(group, group.log), signal);
    const [outer, init] = [readProcess(group.pidFile), initOf(group)];
    assert.ok(outer !== undefined && isRunning(outer) && isRunning(init));

    await endGroup(group);
    assert.deepEqual([isRunning(outer), isRunning(init)], [false, false]);
    assert.throws(() => initOf(group), absent);
    assert.equal(readFileSync(group.log, "utf8").split("\n")[0], "started");
    await assert.rejects(
      until("the group", found, whileProgress(group, group.log), signal),
      /the group is not ready, and what starts it has ended:\nstarted/,
    );
  });
}

test("a command that isn't there is an error", (t) => {
  const start = () => startGroup(groupIn(directoryWith(t), 1), ["/nonexistent/unshare"]);
  assert.throws(start, new Failure("/nonexistent/unshare could not be started"));
});
