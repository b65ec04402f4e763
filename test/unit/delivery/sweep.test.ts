import assert from "node:assert/strict";
import { test } from "node:test";
import { leftOver } from "../../../delivery/sweep";
import { fakeRun } from "./fake-run";

test("the environments to remove are those of closed pull requests, and no other stack", async () => {
  const names = ["prod", "pr-1", "pr-2", "pr-30", "pr-0", "pr-4-old", "my-pr-5"];
  const run = fakeRun((text) => {
    assert.equal(text, "pulumi stack ls --json");
    return JSON.stringify(names.map((name) => ({ name })));
  });
  const asked: number[] = [];
  const pullRequestState = (number: number) => {
    asked.push(number);
    return Promise.resolve(number === 2 ? ("open" as const) : ("closed" as const));
  };
  assert.deepEqual(await leftOver(run, { pullRequestState }), [1, 30]);
  assert.deepEqual(asked, [1, 2, 30]);
});
