import assert from "node:assert/strict";
import { test } from "node:test";
import { commandOf, refused, unused, used } from "../../../e2e/workflows/role-table";
import { evaluate, interpolate } from "../../../e2e/workflows/workflow-file";

const call = (action: string, allowed = true) => ({
  role: "deploy",
  action,
  resource: "arn:aws:ecr:eu-central-1:1:repository/ping",
  allowed,
});
const steps = [
  { workflow: "deploy.yml", job: "staging", run: "node delivery/cli/attest.ts", calls: [call("ecr:Get", false)] },
  { workflow: "deploy.yml", job: "staging", run: "node delivery/cli/release.ts", calls: [call("ecr:Put")] },
  { workflow: "sweep.yml", job: "remove", run: "aws eks update-kubeconfig --name x", calls: [call("ecr:Put")] },
];

test("a call that was refused is named, with its role, its resource and the command", () => {
  assert.deepEqual(refused(steps), [
    {
      role: "deploy",
      action: "ecr:Get",
      resource: "arn:aws:ecr:eu-central-1:1:repository/ping",
      command: "`deploy.yml`: attest.ts",
    },
  ]);
});

test("a right that nothing used is named, also where another role used the same", () => {
  const right = (role: string, action: string) => ({ role, action });
  const rights = [right("deploy", "ecr:Put"), right("deploy", "ecr:Delete"), right("preview", "ecr:Put")];
  assert.deepEqual(unused(rights, steps), rights.slice(1));
});

test("a right that was used is one row, with all that it was used for", () => {
  const row = { role: "deploy", resources: ["repository/ping"] };
  assert.deepEqual(used(steps), [
    { ...row, action: "ecr:Get", commands: ["`deploy.yml`: attest.ts"] },
    { ...row, action: "ecr:Put", commands: ["`deploy.yml`: release.ts", "`sweep.yml`: aws eks update-kubeconfig"] },
  ]);
});

test("a step is known by its script, or by the words before the first option", () => {
  for (const [run, name] of [
    ["exec node --require ./loader delivery/cli/release.ts --stack staging", "release.ts"],
    ['exec node delivery/cli/pull-request.ts close --number "$N"', "pull-request.ts close"],
    ['pulumi preview --stack "$STACK" --json > preview.json', "pulumi preview"],
    ["aws eks update-kubeconfig --name x", "aws eks update-kubeconfig"],
    ["aws ecr get-login-password | docker login --username AWS", "docker login"],
  ] as const) {
    assert.equal(commandOf(run), name);
  }
});

test("expressions of the workflows mean what GitHub takes them for", () => {
  const contexts = { matrix: { stack: "prod" }, vars: { PROD: "role" }, secrets: {}, cancelled: () => false };
  assert.equal(interpolate("${{ matrix.stack == 'prod' && vars.PROD || vars.STAGING }}!", contexts), "role!");
  assert.equal(interpolate("[${{ secrets.TOKEN }}]", contexts), "[]");
  assert.equal(interpolate("${{ fromJSON('[1,2]')[1] }}", contexts), "2");
  assert.equal(evaluate("${{ matrix.stack != '' && !cancelled() }}", contexts), true);
  assert.throws(() => evaluate("needs.staging.outputs.image", contexts), /needs is not defined/);
});
