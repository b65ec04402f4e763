import assert from "node:assert/strict";
import { test } from "node:test";
import { reasonOf } from "../../../common/plugin-error";

test("a plugin's reason stands on one line, without the engine's words around it", () => {
  const table: [unknown, string][] = [
    [new Error("invocation of aws:x returned an error: invoking aws:x: 1 error occurred:\n\t* gone\n\n"), "gone"],
    [new Error("Invoke of 'aws:x' failed: wrong (name)"), "wrong (name)"],
    ["plain.", "plain"],
  ];
  for (const [error, reason] of table) {
    assert.equal(reasonOf(error), reason);
  }
});
