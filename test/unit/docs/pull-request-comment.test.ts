import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { comment, picture } from "../../../docs/pull-request-comment";

test("the picture is of the comment that delivery renders today; npm run generate draws it", () => {
  assert.equal(readFileSync("docs/pull-request-comment.svg", "utf8"), picture());
});

test("the picture shows the comment's whole diff", () => {
  const diff = /```diff\n([^]*)\n```/.exec(comment)?.[1]?.split("\n") ?? [];
  assert.equal(diff.length, 13);
  const drawn = [...picture().matchAll(/<text class="\w+ line"[^>]*>([^<]*)</g)].map(([, text]) => text);
  assert.deepEqual(drawn, diff);
});
