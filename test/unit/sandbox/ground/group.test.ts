import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Failure } from "../../../../common";
import { endGroup, type Group, initOf, startGroup } from "../../../sandbox/ground/group";
import { isRunning, readProcess } from "../../../sandbox/ground/process";
import { until, whileProgress } from "../../../sandbox/ground/until";

const onLinux = { skip: process.platform !== "linux" && "a group is found in Linux's /proc" };

test("a group is found by its first process, and ends with it", onLinux, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "ping-group-"));
  const file = (name: string) => join(directory, name);
  const group: Group = { absence: "nothing is there", pidFile: file("pid"), log: file("starter.log"), around: 2 };
  t.after(async () => {
    await endGroup(group);
    rmSync(directory, { recursive: true });
  });
  const absent = new Failure("nothing is there");
  assert.throws(() => initOf(group), absent);
  await endGroup(group);

  // Each shell has a command after its child, or it would become that child.
  const inner = "echo started; sleep 1000; exit";
  startGroup(group, ["sh", "-c", 'sh -c "$INNER"; exit', "outer"], { env: { ...process.env, INNER: inner } });
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
