import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Failure } from "../../../../common";
import { forSeconds, kindsOfLines, until } from "../../../sandbox/ground/until";
import { directoryWith } from "../../../support/files";

test("a daemon that fails again and again makes no progress, and a line that no log had is some", (t) => {
  const directory = directoryWith(t);
  const write = (name: string, ...lines: string[]) => writeFileSync(join(directory, name), lines.join("\n"));
  const failing = (time: string, port: string) =>
    `E1124 ${time} dial tcp 127.0.0.1:${port}: connect: connection refused`;

  write("kubelet.log", failing("10:00:00.1", "40001"));
  const before = kindsOfLines(directory);
  write("kubelet.log", failing("10:00:00.1", "40001"), failing("10:00:05.3", "40077"));
  write("notes.txt", "not a log");
  assert.equal(kindsOfLines(directory), before);
  write("containerd.log", "I1124 10:00:06.0 containerd successfully booted");
  assert.equal(kindsOfLines(directory), before + 1);
});

test("what is not ready in time is named, with its last error", async () => {
  const { signal } = new AbortController();
  const refused = () => Promise.reject(new TypeError("fetch failed", { cause: new Error("connection refused") }));
  const looks = until("the service", refused, forSeconds(0), signal);
  await assert.rejects(looks, new Failure("the service is not ready after 0 s: connection refused"));
});
