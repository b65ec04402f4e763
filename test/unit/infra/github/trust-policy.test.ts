import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanTrust, deployTrust, previewTrust, trustPolicy } from "../../../../infra/github/trust-policy";

const github = {
  repository: "me/ping",
  byName: false,
  environments: [],
  previewEnvironments: ["preview"],
  adopt: false,
};
const withIds = { ...github, repository: "me@1234/ping@5678" };
const any = (...subjects: string[]) => ({ subjects, workflow: undefined });

test("jobs deploy from the branch, main without further notice, and from the environments that are named", () => {
  const main = "repo:me/ping:ref:refs/heads/main";
  assert.deepEqual(deployTrust(github), any(main));
  const environments = ["staging", "prod"];
  const named = ["repo:me/ping:environment:staging", "repo:me/ping:environment:prod"];
  assert.deepEqual(deployTrust({ ...github, environments }), any(...named));
  assert.deepEqual(deployTrust({ ...github, environments, branch: "main" }), any(main, ...named));
});

test("a repository whose tokens have ids is trusted by them, and by its name too while it migrates", () => {
  const environments = ["staging"];
  assert.deepEqual(deployTrust(withIds), any("repo:me@1234/ping@5678:ref:refs/heads/main"));
  const immutable = "repo:me@1234/ping@5678:environment:staging";
  assert.deepEqual(deployTrust({ ...withIds, environments }), any(immutable));
  assert.deepEqual(
    deployTrust({ ...withIds, environments, byName: true }),
    any(immutable, "repo:me/ping:environment:staging"),
  );
  assert.deepEqual(previewTrust(withIds), any("repo:me@1234/ping@5678:environment:preview"));
  assert.deepEqual(
    previewTrust({ ...withIds, byName: true }),
    any("repo:me@1234/ping@5678:environment:preview", "repo:me/ping:environment:preview"),
  );
});

test("jobs that deploy stand in one workflow's file at its branch, which has no ids in its name", () => {
  const workflow = "me/ping/.github/workflows/deploy.yml@refs/heads/main";
  for (const each of [github, withIds]) {
    assert.equal(deployTrust({ ...each, workflow: "deploy.yml@main" }).workflow, workflow);
  }
  const release = "me/ping/.github/workflows/up.yaml@refs/heads/release/1.x@2";
  assert.equal(deployTrust({ ...github, workflow: "up.yaml@release/1.x@2" }).workflow, release);
});

test("only jobs of the environments for previews may preview, in any workflow, whatever deploys", () => {
  assert.deepEqual(previewTrust(github), any("repo:me/ping:environment:preview"));
  const deploying = { ...github, branch: "trunk", environments: ["staging"], workflow: "deploy.yml@main" };
  assert.deepEqual(previewTrust(deploying), any("repo:me/ping:environment:preview"));
  assert.deepEqual(
    previewTrust({ ...github, previewEnvironments: ["preview-prod", "drift"] }),
    any("repo:me/ping:environment:preview-prod", "repo:me/ping:environment:drift"),
  );
});

test("only jobs of the environments that clean may delete images, in the one workflow that is named", () => {
  const environments = ["clean"];
  assert.deepEqual(cleanTrust(github, { environments }), any("repo:me/ping:environment:clean"));
  const deploying = { ...withIds, branch: "trunk", environments: ["staging"], workflow: "deploy.yml@main" };
  assert.deepEqual(cleanTrust(deploying, { environments: ["a", "b"], workflow: "clean.yml@main" }), {
    subjects: ["repo:me@1234/ping@5678:environment:a", "repo:me@1234/ping@5678:environment:b"],
    workflow: "me/ping/.github/workflows/clean.yml@refs/heads/main",
  });
});

test("a role is taken on by exactly these subjects, with a token meant for AWS of its partition", () => {
  const trusted = (aud: string, workflow?: object) => ({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: "arn:github" },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            "token.actions.githubusercontent.com:aud": aud,
            "token.actions.githubusercontent.com:sub": ["repo:me/ping:pull_request"],
            ...workflow,
          },
        },
      },
    ],
  });
  const trust = any("repo:me/ping:pull_request");
  assert.deepEqual(trustPolicy("arn:github", "aws", trust), trusted("sts.amazonaws.com"));
  assert.deepEqual(trustPolicy("arn:github", "aws-us-gov", trust), trusted("sts.amazonaws.com"));
  assert.deepEqual(trustPolicy("arn:github", "aws-cn", trust), trusted("sts.amazonaws.com.cn"));
  const workflow = "me/ping/.github/workflows/deploy.yml@refs/heads/main";
  assert.deepEqual(
    trustPolicy("arn:github", "aws", { ...trust, workflow }),
    trusted("sts.amazonaws.com", { "token.actions.githubusercontent.com:job_workflow_ref": workflow }),
  );
});

test("of all jobs that name the environment staging, only deploy.yml on main gets staging's role", () => {
  const staging = { ...withIds, environments: ["staging"], workflow: "deploy.yml@main" };
  const [statement] = trustPolicy("arn:github", "aws", deployTrust(staging)).Statement;
  /** Whether AWS lets a token in: a claim that a token lacks equals nothing. */
  const taken = (claims: Readonly<Record<string, string>>) =>
    Object.entries(statement?.Condition.StringEquals ?? {}).every(([key, allowed]) =>
      [allowed].flat().includes(claims[key.replace("token.actions.githubusercontent.com:", "")] ?? ""),
    );
  const token = {
    aud: "sts.amazonaws.com",
    sub: "repo:me@1234/ping@5678:environment:staging",
    job_workflow_ref: "me/ping/.github/workflows/deploy.yml@refs/heads/main",
  };
  const { job_workflow_ref: _, ...withoutWorkflow } = token;
  const workflows = "me/ping/.github/workflows";
  const refused = {
    "a workflow of a branch": { ...token, job_workflow_ref: `${workflows}/mine.yml@refs/heads/branch` },
    "deploy.yml as a branch has it": { ...token, job_workflow_ref: `${workflows}/deploy.yml@refs/heads/branch` },
    "deploy.yml as a pull request has it": { ...token, job_workflow_ref: `${workflows}/deploy.yml@refs/pull/7/merge` },
    "another workflow of main": { ...token, job_workflow_ref: `${workflows}/drift.yml@refs/heads/main` },
    "a token that doesn't name its workflow": withoutWorkflow,
    "another repository that has got the name": { ...token, sub: "repo:me@99/ping@100:environment:staging" },
    "the repository's name alone": { ...token, sub: "repo:me/ping:environment:staging" },
    "another environment": { ...token, sub: "repo:me@1234/ping@5678:environment:preview" },
    "a token for somebody else": { ...token, aud: "https://github.com/me" },
  };
  assert.equal(taken(token), true);
  for (const [what, claims] of Object.entries(refused)) {
    assert.equal(taken(claims), false, what);
  }
});
