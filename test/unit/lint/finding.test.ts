import assert from "node:assert/strict";
import { test } from "node:test";
import type { LintWaiver } from "../../../infra/service";
import { type Finding, format, judge } from "../../lint/finding";

const finding: Finding = {
  checker: "kube-score",
  rule: "pull-policy",
  object: "Deployment/ping",
  message: "not Always",
};
const waiver: LintWaiver = { checker: "kube-score", rule: "pull-policy", reason: "a digest" };

test("a waiver waives a Deployment's and a Job's findings by that checker and rule, and nothing else", () => {
  const job = { ...finding, object: "Job/ping-migration" };
  const others = [
    { ...finding, rule: "probes" },
    { ...finding, checker: "checkov" },
    { ...finding, object: "Service/ping" },
    { ...finding, object: "app/Dockerfile:1" },
  ];
  assert.deepEqual(judge([finding, job, ...others], [waiver]), {
    open: others,
    waived: [
      { finding, reason: "a digest" },
      { finding: job, reason: "a digest" },
    ],
    needless: [],
  });
});

test("a waiver that nothing needs is told", () => {
  const needless = { ...waiver, rule: "gone" };
  assert.deepEqual(judge([finding], [waiver, needless]).needless, [needless]);
  assert.deepEqual(judge([], [waiver]), { open: [], waived: [], needless: [waiver] });
});

test("what several stacks have in common is told once", () => {
  const twice = judge([finding, { ...finding }, { ...finding, object: "Deployment/other" }], []);
  assert.deepEqual(twice.open, [finding, { ...finding, object: "Deployment/other" }]);
});

test("a finding is a line of checker, rule, object and message", () => {
  assert.equal(format(finding), "kube-score  pull-policy  Deployment/ping: not Always");
});
