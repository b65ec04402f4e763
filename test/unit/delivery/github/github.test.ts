import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { type GitHub, gitHubFromEnvironment } from "../../../../delivery/github/github";
import { FakeGitHub } from "../../../support/fake-github";

let fake: FakeGitHub;
let github: GitHub;

beforeEach(async () => {
  fake = await FakeGitHub.start();
  github = fake.client();
});
afterEach(() => fake.stop());

const marker = "<!-- marker -->";
const entry = (number: number, body: string, type = "Bot") => ({
  id: number,
  number,
  user: { type },
  state: "open",
  body,
});
const bodies = (list: readonly { body: string }[]) => list.map(({ body }) => body);

test("a comment is added once, and edited from then on, also behind a hundred others", async () => {
  fake.comments.push(...Array.from({ length: 150 }, (_, index) => entry(index, "talk", "User")));
  await github.upsertComment(12, marker, `${marker} one`);
  await github.upsertComment(12, marker, `${marker} two`);
  assert.deepEqual(bodies(fake.comments).slice(150), [`${marker} two`]);
  assert.deepEqual(fake.requests, [
    "GET issues/12/comments",
    "GET issues/12/comments",
    "POST issues/12/comments",
    "GET issues/12/comments",
    "GET issues/12/comments",
    "PATCH issues/comments/1000",
  ]);
});

test("a person's comment that holds the marker is left alone, and so is one that quotes it", async () => {
  fake.comments.push(entry(1, marker, "User"), entry(2, `> ${marker}`));
  await github.upsertComment(12, marker, marker);
  assert.deepEqual(bodies(fake.comments), [marker, `> ${marker}`, marker]);
});

test("there is one open issue, edited in place and closed in the end; the next drift opens another", async () => {
  fake.issues.push({ ...entry(1, marker), pull_request: {} });
  await github.closeIssue(marker);
  await github.upsertIssue(marker, "Drift", `${marker} one`);
  await github.upsertIssue(marker, "Drift", `${marker} two`);
  await github.closeIssue(marker);
  await github.upsertIssue(marker, "Drift", `${marker} three`);
  assert.deepEqual(
    fake.issues.slice(1).map(({ title, body, state }) => [title, body, state]),
    [
      ["Drift", `${marker} two`, "closed"],
      ["Drift", `${marker} three`, "open"],
    ],
  );
  assert.equal(fake.issues[0]?.state, "open", "a pull request is no issue");
});

test("the open pull requests are told, also where there are more than a hundred", async () => {
  const requests = Array.from({ length: 150 }, (_, index) => entry(index + 1, ""));
  fake.pulls.push(...requests.map((each) => ({ ...each, state: each.number % 50 === 0 ? "closed" : "open" })));
  const open = requests.map(({ number }) => number).filter((number) => number % 50 !== 0);
  assert.deepEqual([...(await github.openPullRequests())], open);
  assert.deepEqual(fake.requests, ["GET pulls", "GET pulls"]);
});

test("a request is sent again after GitHub's own failure, and after a limit once its time is over", async () => {
  const paced = gitHubFromEnvironment(fake.environment);
  const limited = { status: 429, content: { message: "secondary rate limit" }, headers: { "retry-after": "1" } };
  fake.refusals.push({ status: 502, content: { message: "Bad Gateway" } }, limited);
  assert.deepEqual(await paced.openPullRequests(), new Set());
  assert.deepEqual(fake.requests, ["GET pulls", "GET pulls", "GET pulls"]);
});

test("what GitHub refuses is named, without the token", async () => {
  const stranger = gitHubFromEnvironment({ ...fake.environment, GITHUB_TOKEN: "s3cret" });
  const url = `${fake.environment.GITHUB_API_URL}/repos/owner/name/issues/12/comments?per_page=100`;
  await assert.rejects(stranger.upsertComment(12, marker, marker), {
    message: `GitHub: GET ${url} failed: Bad credentials`,
  });
});

test("what is missing in the environment is named", () => {
  assert.throws(() => gitHubFromEnvironment({ GITHUB_API_URL: "https://api.github.com", GITHUB_TOKEN: "" }), {
    message: "GitHub can't be asked without GITHUB_REPOSITORY, GITHUB_TOKEN in the environment",
  });
});
