import assert from "node:assert/strict";
import { test } from "node:test";
import { runSilently } from "../../../common/run-silently";

const sh = (script: string, options = {}) => runSilently("sh", ["-c", script], options);

test("a program's status and what it wrote are told, also of one that a signal ended", async () => {
  const options = { input: "in", environment: { ...process.env, GREETING: "hello" } };
  assert.deepEqual(await sh('echo "$GREETING $(cat)"; echo err >&2; exit 3', options), {
    status: 3,
    stdout: "hello in\n",
    stderr: "err\n",
  });
  assert.deepEqual(await sh("kill -KILL $$", { input: "unread" }), { status: 1, stdout: "", stderr: "" });
  await assert.rejects(runSilently("no-such-program", []), { code: "ENOENT" });
});

test(
  "a program that asks gets no answer: it has no input, and its process group no terminal",
  { timeout: 10_000 },
  async () => {
    const asks = "read answer || echo nothing; [ $(ps -o pgid= -p $$) -eq $$ ] && echo apart";
    assert.equal((await sh(asks)).stdout, "nothing\napart\n");
  },
);

test("a program whose time is up ends with all that it has started", { timeout: 10_000 }, async () => {
  await assert.rejects(sh("sleep 60 & sleep 60", { patience: 100 }), { message: "no answer within 0.1 s" });
});
