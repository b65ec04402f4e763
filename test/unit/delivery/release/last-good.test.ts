import assert from "node:assert/strict";
import { test } from "node:test";
import { formatRelease, lastGood, lastGoodTag, refuseOlder } from "../../../../delivery/release/last-good";
import { fakeRun } from "../fake-run";

const good = {
  commit: "a1b2".repeat(10),
  image: `registry.example.com:5000/team/ping@sha256:${"a1".repeat(32)}`,
};

test("the last good release is what the stack's tag says, and none before the first", () => {
  assert.deepEqual(lastGood({ [lastGoodTag]: formatRelease(good), "pulumi:project": "ping" }), good);
  assert.equal(lastGood({ "pulumi:project": "ping" }), undefined);
});

test("a tag that isn't a commit and an image by digest is refused", () => {
  const { commit, image } = good;
  for (const value of ["", image, `${commit} `, `${commit} ping:v1`, `main ${image}`, `${commit} ${image} more`]) {
    assert.throws(
      () => lastGood({ [lastGoodTag]: value }),
      ({ message }: Error) =>
        message.startsWith(`the stack tag last-good-release is ${JSON.stringify(value)}. It must be`),
      value,
    );
  }
});

test("the tag's name and value fit Pulumi's limits", () => {
  assert.match(lastGoodTag, /^[a-zA-Z0-9-_.:]{1,40}$/);
  assert.ok(formatRelease(good).length <= 256);
});

test("a commit that doesn't descend from the last good release's is refused", async () => {
  const answers = (status: number) =>
    fakeRun((text) => {
      assert.equal(text, `git merge-base --is-ancestor ${good.commit} new`);
      return { status };
    });
  await refuseOlder(answers(0), "prod", "new", good);
  // 128: the clone doesn't have the commit.
  for (const status of [1, 128]) {
    await assert.rejects(refuseOlder(answers(status), "prod", "new", good), {
      message:
        `new doesn't descend from ${good.commit}, which prod was released from last: releasing it would take prod back. ` +
        "Release a newer commit. To undo a change, revert it in a new commit.",
    });
  }
});
