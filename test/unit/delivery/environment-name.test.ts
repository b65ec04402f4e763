import assert from "node:assert/strict";
import { test } from "node:test";
import { pullRequestStack } from "../../../delivery/environment-name";

test("a pull request's stack is its number, and nothing else is a number", () => {
  assert.equal(pullRequestStack("12"), "pr-12");
  for (const number of ["", "0", "012", "-1", "1.5", "1e3", "12 ", "pr-12", "1".repeat(19), "١"]) {
    assert.throws(() => pullRequestStack(number), /isn't a pull request's number/, number);
  }
});
