import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { checkout } from "../../sandbox/ground/paths";
import { execute } from "../../support/execute";

test("a sandbox that can't be started is told by its own error alone", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "ping-e2e-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const calls = join(directory, "calls");
  const npm = `#!/bin/sh\necho "$@" >> ${calls}\necho "error: run it as root" >&2\nexit 1\n`;
  writeFileSync(join(directory, "npm"), npm, { mode: 0o755 });

  const env = { ...process.env, PATH: [directory, process.env["PATH"]].join(":"), XDG_CACHE_HOME: directory };
  const run = [process.execPath, "--require", "./loader", join(checkout, "test/e2e/run-suites.ts"), "deploy"] as const;
  assert.deepEqual(await execute(run, { cwd: checkout, env }), {
    status: 1,
    stdout: "",
    stderr: "error: run it as root\n",
  });
  assert.equal(readFileSync(calls, "utf8"), "run --silent sandbox -- true\n");
});
