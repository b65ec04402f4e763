import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exception } from "../../../infra/exceptions";
import { type Finding, format, judge } from "../../lint/finding";

const finding: Finding = {
  checker: "kube-score",
  rule: "pull-policy",
  object: "Deployment/ping",
  message: "not Always",
};
const exception: Exception = { checker: "kube-score", rule: "pull-policy", reason: "a digest" };

test("an exception excuses a Deployment's findings by that checker and rule, and nothing else", () => {
  const others = [
    { ...finding, rule: "probes" },
    { ...finding, checker: "checkov" },
    { ...finding, object: "Service/ping" },
    { ...finding, object: "app/Dockerfile:1" },
  ];
  assert.deepEqual(judge([finding, ...others], [exception]), {
    open: others,
    excused: [{ finding, reason: "a digest" }],
    needless: [],
  });
});

test("an exception that nothing needs is told", () => {
  const needless = { ...exception, rule: "gone" };
  assert.deepEqual(judge([finding], [exception, needless]).needless, [needless]);
  assert.deepEqual(judge([], [exception]), { open: [], excused: [], needless: [exception] });
});

test("what several stacks have in common is told once", () => {
  const twice = judge([finding, { ...finding }, { ...finding, object: "Deployment/other" }], []);
  assert.deepEqual(twice.open, [finding, { ...finding, object: "Deployment/other" }]);
});

test("a finding is a line of checker, rule, object and message", () => {
  assert.equal(format(finding), "kube-score  pull-policy  Deployment/ping: not Always");
});
