import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const [, ...releases] = readFileSync("CHANGELOG.md", "utf8").split(/^## /m);
const versionIn = (file: string) => (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;

test("the changelog has the form of Keep a Changelog, and its newest release is the packages' version", () => {
  const [next, ...titles] = releases.map((each) => each.split("\n")[0] ?? "");
  assert.equal(next, "Unreleased");
  const versions = titles.map((title) => /^(\d+\.\d+\.\d+) - \d{4}-\d\d-\d\d$/.exec(title)?.[1]);
  assert.deepEqual(["package.json", "package-lock.json"].map(versionIn), [versions[0], versions[0]]);
  assert.ok(!versions.includes(undefined));
});

test("each release has its kinds of changes once, in order", () => {
  const kinds = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
  for (const release of releases) {
    const found = [...release.matchAll(/^### (.*)$/gm)].map(([, kind]) => kind);
    assert.deepEqual(
      found,
      kinds.filter((kind) => found.includes(kind)),
      release.split("\n")[0],
    );
  }
});
