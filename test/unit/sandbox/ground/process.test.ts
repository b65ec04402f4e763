import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findProcess, formatProcess, isRunning, processesInCgroup, readProcess } from "../../../sandbox/ground/process";
import { directoryWith } from "../../../support/files";

test("a process is told from another with the same number by when it started", () => {
  const self = findProcess(process.pid);
  assert.ok(self);
  assert.equal(isRunning(self), true);
  assert.equal(isRunning({ ...self, started: "1" }), false);
});

test("a process that has ended is not running, reaped or not", async () => {
  const child = spawn("sleep", ["60"]);
  const found = findProcess(child.pid ?? 0);
  assert.ok(found);
  child.kill("SIGKILL");
  await once(child, "close");
  assert.equal(isRunning(found), false);
  assert.equal(findProcess(found.pid)?.started === found.started, false);
});

test("a file remembers a process for as long as it runs", (t) => {
  const file = join(directoryWith(t), "pid");
  assert.equal(readProcess(file), undefined);
  const self = findProcess(process.pid);
  assert.ok(self);
  writeFileSync(file, formatProcess(self));
  assert.deepEqual(readProcess(file), self);
  writeFileSync(file, formatProcess({ ...self, started: "1" }));
  assert.equal(readProcess(file), undefined);
  writeFileSync(file, "rubbish");
  assert.equal(readProcess(file), undefined);
});

test("processes are found by a part of their cgroup's path", () => {
  // Every path starts with a slash, that of this process too (cgroups(7)).
  assert.ok(processesInCgroup(":/").includes(process.pid));
  assert.deepEqual(processesInCgroup("no container has this id"), []);
});
