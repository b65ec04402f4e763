import assert from "node:assert/strict";
import { test } from "node:test";
import { checkout } from "../sandbox/ground/paths";
import { execute } from "../support/execute";
import { directoryWith } from "../support/files";
import { divide } from "./run";

test("each file of tests is in one list, and in that of a process of its own where its name says so", (t) => {
  const names = ["a.test.ts", "b/a.test.ts", "b/c/d.alone.test.ts", "b/c/d.test.ts", "b/helper.ts", "e.alone.test.ts"];
  assert.deepEqual(divide(directoryWith(t, Object.fromEntries(names.map((name) => [name, ""])))), {
    shared: [["a.test.ts", "b/c/d.test.ts"], ["b/a.test.ts"]],
    alone: ["b/c/d.alone.test.ts", "e.alone.test.ts"],
  });
});

test("a directory without tests is an error", (t) => {
  const directory = directoryWith(t, { "helper.ts": "" });
  assert.throws(() => divide(directory), { message: `${directory} has no *.test.ts` });
});

test("a run fails where a file can't be loaded", async (t) => {
  const directory = directoryWith(t, { "bad.test.ts": 'throw new Error("not today");\n' });
  // With the variable, Node.js would run nothing in a process below one that runs tests.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const argv = [process.execPath, "--require", "./loader", "test/unit/run.ts", directory] as const;
  const { status, stdout } = await execute([...argv], { cwd: checkout, env });
  assert.equal(status, 1);
  assert.match(stdout, /bad\.test\.ts[\s\S]*not today/);
});
