import assert from "node:assert/strict";
import { test } from "node:test";
import { mostRecent, recentReleases, recentTag, withRelease } from "../../../../delivery/release/recent-releases";

const image = (digit: string) => `registry.example.com/ping@sha256:${digit.repeat(64)}`;
const beginning = (digit: string) => `sha256:${digit.repeat(16)}`;
const many = "0123456789abcdef".split("");
/** The tags after good releases of these images in turn. */
const after = (...digits: string[]) =>
  digits.reduce<Record<string, string>>(
    (tags, digit) => ({ [recentTag]: withRelease(recentReleases(tags), image(digit)) }),
    {},
  );

test("the stack's tag holds the images of the last good releases, the newest first and each once", () => {
  assert.deepEqual(recentReleases({ "pulumi:project": "ping" }), []);
  assert.deepEqual(recentReleases(after("a", "b", "a", "c")), ["c", "a", "b"].map(beginning));
  assert.deepEqual(recentReleases(after(...many)), many.toReversed().slice(0, mostRecent).map(beginning));
});

test("the tag's name and value fit Pulumi's limits", () => {
  assert.match(recentTag, /^[a-zA-Z0-9-_.:]{1,40}$/);
  assert.ok((after(...many)[recentTag] ?? "").length <= 256);
});

test("a tag that holds anything else is refused", () => {
  for (const value of ["", "a", `${"a".repeat(16)} `, `sha256:${"a".repeat(16)}`, "a".repeat(64), image("a")]) {
    assert.throws(
      () => recentReleases({ [recentTag]: value }),
      ({ message }: Error) =>
        message.startsWith(`the stack tag recent-releases is ${JSON.stringify(value)}. It must be`),
      value,
    );
  }
});
