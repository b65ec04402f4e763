import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { GitHub } from "../../../../delivery/github/github";
import { beginDeployment, endDeployment } from "../../../../delivery/pull-request/environment-status";
import { FakeGitHub } from "../../../support/fake-github";

let fake: FakeGitHub;
let github: GitHub;

beforeEach(async () => {
  fake = await FakeGitHub.start();
  github = fake.client();
});
afterEach(() => fake.stop());

const environment = { stack: "pr-12", namespace: "ping-pr-12", service: "ping" };
const other = { stack: "pr-1", namespace: "ping-pr-1", service: "ping" };
const log = "https://github.com/owner/name/actions/runs/1";
const url = "https://pr-12.preview.example.com";

/** The deployments, the newest first: environment, commit and the states, the newest first. */
const shown = () =>
  fake.deployments.all.map(({ environment: of, ref, statuses }) => [of, ref, ...statuses.map(({ state }) => state)]);
const newest = () => fake.deployments.all[0];
/** The first line of each comment that GitHub shows. */
const lines = () => fake.comments.map(({ body }) => body.split("\n")[1]);

const begin = (commit: string, of = environment) => beginDeployment(github, of, { commit, log });
const end = (state: "success" | "failure", commit: string, of = environment, at: string | null = url) =>
  endDeployment(
    github,
    of,
    12,
    state === "success" ? { state, commit, log, url: at ?? undefined } : { state, commit, log },
  );

test("a pull request shows each deployment to its environment, the last good one as the active one", async () => {
  await begin("one", other);
  await end("success", "one", other);
  await begin("one");
  assert.deepEqual(newest(), {
    id: 5001,
    ref: "one",
    environment: "pr-12",
    transient_environment: true,
    production_environment: false,
    statuses: [{ state: "in_progress", environment_url: "", log_url: log }],
  });
  await end("success", "one");
  assert.deepEqual(newest()?.statuses[0], { state: "success", environment_url: url, log_url: log });
  await begin("two");
  await end("failure", "two");
  const first = ["pr-1", "one", "success", "in_progress"];
  assert.deepEqual(shown(), [
    ["pr-12", "two", "failure", "in_progress"],
    ["pr-12", "one", "success", "in_progress"],
    first,
  ]);
  await begin("three");
  await end("success", "three");
  assert.deepEqual(shown(), [
    ["pr-12", "three", "success", "in_progress"],
    ["pr-12", "two", "failure", "in_progress"],
    ["pr-12", "one", "inactive", "success", "in_progress"],
    first,
  ]);
});

test("an environment that is gone is inactive with all its deployments, and another one stays as it is", async () => {
  await begin("one", other);
  for (const commit of ["one", "two"]) {
    await begin(commit);
    await end("success", commit);
  }
  await begin("killed");
  for (const _ of ["once", "again"]) {
    await endDeployment(github, environment, 12, { state: "inactive" });
    assert.deepEqual(shown(), [
      ["pr-12", "killed", "inactive", "in_progress"],
      ["pr-12", "two", "inactive", "success", "in_progress"],
      ["pr-12", "one", "inactive", "success", "in_progress"],
      ["pr-1", "one", "in_progress"],
    ]);
  }
});

test("what a reader waits for is written first, and of earlier deployments those up to the last good one are looked at", async () => {
  for (const commit of ["one", "two", "three"]) {
    await begin(commit);
    await end("success", commit);
  }
  await begin("bad");
  await end("failure", "bad");
  fake.requests.length = 0;
  await begin("four");
  await end("success", "four");
  const [four, bad, three, two] = fake.deployments.all.map(({ id }) => `deployments/${id}/statuses`);
  assert.deepEqual(fake.requests, [
    "POST deployments",
    `POST ${four}`,
    "GET deployments",
    `POST ${four}`,
    "GET issues/12/comments",
    `PATCH issues/comments/${fake.comments[0]?.id}`,
    ...[bad, three, two].map((each) => `GET ${each}`),
    `POST ${three}`,
  ]);
});

test("a release without a URL is shown without one, and each environment has one comment, edited in place", async () => {
  await begin("one");
  await end("success", "one", environment, null);
  assert.deepEqual(newest()?.statuses[0], { state: "success", environment_url: "", log_url: log });
  assert.match(lines()[0] ?? "", /^Environment `pr-12`: `kubectl /);
  await end("success", "one");
  await end("success", "one", other, "https://pr-1.preview.example.com");
  assert.deepEqual(lines(), [
    `**[${url}](${url})**`,
    "**[https://pr-1.preview.example.com](https://pr-1.preview.example.com)**",
  ]);
  await endDeployment(github, environment, 12, { state: "inactive" });
  assert.equal(lines()[0], "The environment `pr-12` is gone, with all that it deployed.");
});

test("a job whose token may not deploy, and a URL that isn't one, are refused, and nothing is shown", async () => {
  const allowed = fake.permissions;
  await begin("one");
  fake.permissions = { ...allowed, deployments: "read" };
  await assert.rejects(begin("two"), /Resource not accessible by integration/);
  await assert.rejects(end("success", "one"), /Resource not accessible by integration/);
  fake.permissions = { deployments: "write" };
  await assert.rejects(end("success", "one"), /Resource not accessible by integration/);
  fake.permissions = allowed;
  await assert.rejects(end("success", "one", environment, "pr-12.preview.example.com"), /http\(s\)/);
  assert.deepEqual(fake.comments, []);
});
