import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { outputOf, run } from "../../../delivery/run";

test("a command's status and all that it wrote are told apart from one another", async () => {
  const script = 'echo "$GREETING"; echo trouble >&2; pwd; exit 3';
  assert.deepEqual(await run(["sh", "-c", script], { cwd: "/", env: { GREETING: "hello" } }), {
    status: 3,
    stdout: "hello\n/\n",
    stderr: "trouble\n",
  });
});

test("a command that fails, that a signal ends or that isn't there is an error with its reason", async () => {
  await assert.rejects(outputOf(run, ["sh", "-c", "echo trouble >&2; exit 3"]), {
    message: "sh -c echo trouble >&2; exit 3 ended with 3: trouble",
  });
  assert.equal((await run(["sh", "-c", "kill -KILL $$"])).status, 1);
  await assert.rejects(run(["no-such-command"]), {
    message: "no-such-command can't be run: spawn no-such-command ENOENT",
  });
});

test(
  "a command that asks gets no answer: its input is empty, and its session has no terminal",
  { timeout: 10_000 },
  async () => {
    const asks = "read answer || echo nothing; [ $(ps -o pgid= -p $$) -eq $$ ] && echo apart";
    assert.equal(await outputOf(run, ["sh", "-c", asks]), "nothing\napart\n");
  },
);

test("a result that is found in what a command has written ends the command", { timeout: 10_000 }, async () => {
  const found = { status: 0, stdout: "", stderr: "found" };
  const until = (stdout: string) => (stdout.includes("ready") ? Promise.resolve(found) : undefined);
  assert.deepEqual(await run(["sh", "-c", "echo not yet; echo ready; exec sleep 60"], { until }), found);
  assert.deepEqual(await run(["sh", "-c", "echo never; exit 3"], { until }), {
    status: 3,
    stdout: "never\n",
    stderr: "",
  });
});

/** Runs a command through `run` in a process of its own, which gets these signals once the command has begun. */
async function signalled(script: string, signals: readonly NodeJS.Signals[]) {
  const program = `
    const { run } = require("./delivery/run");
    run(["sh", "-c", ${JSON.stringify(script)}], { show: true })
      .then(() => run(["echo", "next"], { show: true }))
      .catch((error) => console.error(error.message));`;
  const child = spawn(process.execPath, ["--require", "./loader", "--eval", program], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const written = text(child.stderr);
  for (const signal of signals) {
    await once(child.stderr, "data");
    child.kill(signal);
  }
  return written;
}

test("an interrupted command gets to its end, is signalled once, and nothing runs after it", async () => {
  const script = `
    trap 'echo "SIGINT"; trap "echo again" INT; sleep 0.3; echo "ended"; exit 1' INT
    trap 'echo "SIGTERM"' TERM
    echo "begun"
    while :; do sleep 0.05; done`;
  const orders = [
    ["SIGINT", "SIGTERM"],
    ["SIGTERM", "SIGINT"],
  ] as const;
  assert.deepEqual(
    await Promise.all(orders.map((signals) => signalled(script, signals))),
    orders.map(
      ([first]) => `begun\nSIGINT\nended\n${first} interrupted this while sh ran; the next run goes on from there\n`,
    ),
  );
});
