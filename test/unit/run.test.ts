import assert from "node:assert/strict";
import { test } from "node:test";
import { directoryWith } from "../support/files";
import { divide } from "./run";

test("each test that a directory has is run once, and in a process of its own where its name says so", (t) => {
  const names = ["a.test.ts", "b/a.test.ts", "b/c/d.alone.test.ts", "b/c/d.test.ts", "b/helper.ts", "e.alone.test.ts"];
  assert.deepEqual(divide(directoryWith(t, Object.fromEntries(names.map((name) => [name, ""])))), {
    shared: [["a.test.ts", "b/c/d.test.ts"], ["b/a.test.ts"]],
    alone: ["b/c/d.alone.test.ts", "e.alone.test.ts"],
  });
});
