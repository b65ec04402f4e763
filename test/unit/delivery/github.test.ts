import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type GitHub, gitHubFromEnvironment } from "../../../delivery/github";
import { FakeGitHub } from "./fake-github";

let fake: FakeGitHub;
let github: GitHub;

before(async () => {
  fake = await FakeGitHub.start();
  github = gitHubFromEnvironment(fake.environment);
});
beforeEach(() => {
  for (const list of [fake.comments, fake.issues, fake.requests]) {
    list.length = 0;
  }
});
after(() => fake.stop());

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

test("what GitHub refuses is named, without the token", async () => {
  const stranger = gitHubFromEnvironment({ ...fake.environment, GITHUB_TOKEN: "s3cret" });
  await assert.rejects(stranger.upsertComment(12, marker, marker), {
    message: 'GitHub: GET issues/12/comments?per_page=100&page=1 gave 401: {"message":"Bad credentials"}',
  });
});

test("what is missing in the environment is named", () => {
  assert.throws(() => gitHubFromEnvironment({ GITHUB_API_URL: "https://api.github.com", GITHUB_TOKEN: "" }), {
    message: "GitHub can't be asked without GITHUB_REPOSITORY, GITHUB_TOKEN in the environment",
  });
});
