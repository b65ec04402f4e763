import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkout } from "../../sandbox/ground/paths";
import { putCommand } from "../../support/commands";
import { execute } from "../../support/execute";
import { directoryWith } from "../../support/files";

test("a sandbox that can't be started is told by its own error alone", async (t) => {
  const directory = directoryWith(t);
  const calls = join(directory, "calls");
  putCommand(directory, "npm", `echo "$@" >> ${calls}; echo "error: run it as root" >&2; exit 1`);

  const env = { ...process.env, PATH: [directory, process.env["PATH"]].join(":"), XDG_CACHE_HOME: directory };
  const run = [process.execPath, "--require", "./loader", join(checkout, "test/e2e/run-suites.ts"), "deploy"] as const;
  assert.deepEqual(await execute(run, { cwd: checkout, env }), {
    status: 1,
    stdout: "",
    stderr: "error: run it as root\n",
  });
  assert.equal(readFileSync(calls, "utf8"), "run --silent sandbox -- true\n");
});
