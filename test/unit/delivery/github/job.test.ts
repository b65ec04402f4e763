import assert from "node:assert/strict";
import { test } from "node:test";
import { jobFromEnvironment } from "../../../../delivery/github/job";

const environment = {
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_REPOSITORY: "example/ping",
  GITHUB_WORKFLOW_REF: "example/ping/.github/workflows/deploy.yml@refs/heads/user@home",
  GITHUB_RUN_ID: "42",
  GITHUB_RUN_ATTEMPT: "2",
};

test("a job is known by its variables", () => {
  assert.deepEqual(jobFromEnvironment(environment), {
    repository: "https://github.com/example/ping",
    path: ".github/workflows/deploy.yml",
    ref: "refs/heads/user@home",
    workflow: "https://github.com/example/ping/.github/workflows/deploy.yml@refs/heads/user@home",
    run: "https://github.com/example/ping/actions/runs/42/attempts/2",
  });
});

test("variables that are missing or empty are named", () => {
  assert.throws(() => jobFromEnvironment({ ...environment, GITHUB_RUN_ID: "", GITHUB_WORKFLOW_REF: undefined }), {
    message: "nobody knows which workflow this is without GITHUB_WORKFLOW_REF, GITHUB_RUN_ID in the environment",
  });
});
