import assert from "node:assert/strict";
import { test } from "node:test";
import { branchStack, pullRequestStack } from "../../../delivery/environment-name";
import { dnsLabel } from "../../../infra/names";
import { hostile } from "./hostile";

test("a pull request's stack is its number, and nothing else is a number", () => {
  assert.equal(pullRequestStack("12"), "pr-12");
  for (const number of ["", "0", "012", "-1", "1.5", "1e3", "12 ", "pr-12", "1".repeat(19), "١"]) {
    assert.throws(() => pullRequestStack(number), /is no pull request's number/, number);
  }
});

const branches = [
  "main",
  "Main",
  "feature/Login",
  "feature-login",
  "pr-12",
  "12",
  "日本語",
  "-",
  "x".repeat(244),
  "x".repeat(243),
];

test("a branch's stack tells what it is of, and is the same each time", () => {
  assert.match(branchStack("feature/Login page"), /^br-feature-login-pa-[0-9a-z]{26}$/);
  assert.match(branchStack("日本語"), /^br-[0-9a-z]{26}$/);
  assert.equal(branchStack("feature/login"), branchStack("feature/login"));
  assert.throws(() => branchStack(""), /can't be empty/);
});

test("any branch's name makes a stack and a namespace, and no two make the same", () => {
  const names = [...new Set([...branches, ...hostile()])];
  const stacks = names.map(branchStack);
  for (const stack of stacks) {
    assert.match(stack, /^[a-z][a-z0-9-]{1,45}$/);
    assert.equal(dnsLabel(`ping-${stack}`), `ping-${stack}`, "the namespace isn't shortened");
    assert.doesNotMatch(stack, /^pr-/);
  }
  assert.equal(new Set(stacks).size, names.length);
});
