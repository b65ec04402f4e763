import assert from "node:assert/strict";
import { test } from "node:test";
import { environmentOf, pullRequestStack } from "../../../../delivery/pull-request/environment";

test("a pull request's stack is its number, and nothing else is a number", () => {
  assert.equal(pullRequestStack("12"), "pr-12");
  for (const number of ["", "0", "012", "-1", "1.5", "1e3", "12 ", "pr-12", "1".repeat(19), "١"]) {
    assert.throws(() => pullRequestStack(number), /isn't a pull request's number/, number);
  }
});

test("an environment has the names that the program gives to its stack, whose file may set one", () => {
  const file = (name?: unknown) => JSON.stringify({ config: name === undefined ? {} : { "ping:name": name } });
  const named = (name: string) => ({ stack: "pr-12", namespace: `${name}-pr-12`, service: name });
  assert.deepEqual(environmentOf("12", "name: ping", file()), named("ping"));
  assert.deepEqual(environmentOf("12", "name: ping", file("shop")), named("shop"));
  assert.deepEqual(environmentOf("12", "name: ping", "config:\n  other:name: shop\n"), named("ping"));
});

test("a file that Pulumi can't read either is named", () => {
  assert.throws(() => environmentOf("12", "runtime: nodejs", "config: {}"), /^Error: the project file can't be read: /);
  for (const file of ["", "config: [", "other: 1"]) {
    assert.throws(() => environmentOf("12", "name: ping", file), /the environment's stack file can't be read: /, file);
  }
});
