import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "../../../sandbox/ground/run";

test("a command returns what it writes to standard output, and that alone", async () => {
  assert.equal(await run(["sh", "-c", "echo out; echo err >&2"]), "out\n");
});

test("a command that fails shows itself, its status and its last lines", async () => {
  await assert.rejects(run(["sh", "-c", "seq 1 40; exit 3"]), {
    message: `sh -c seq 1 40; exit 3 ended with 3:\n${Array.from({ length: 30 }, (_, line) => line + 11).join("\n")}`,
  });
});

test("a command that doesn't exist is named", async () => {
  await assert.rejects(run(["no-such-command"]), { message: /^no-such-command: .*ENOENT/ });
});

test("an abort ends the command and all that it started", async () => {
  const controller = new AbortController();
  const running = run(["sh", "-c", "sleep 60 & wait"], { signal: controller.signal });
  const reason = new Error("interrupted");
  setTimeout(() => {
    controller.abort(reason);
  }, 50);
  await assert.rejects(running, reason);
});

test("a command is not started after an abort", async () => {
  const signal = AbortSignal.abort(new Error("too late"));
  await assert.rejects(run(["true"], { signal }), { message: "too late" });
});
