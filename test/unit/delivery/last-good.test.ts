import assert from "node:assert/strict";
import { test } from "node:test";
import { lastGood, lastGoodTag } from "../../../delivery/last-good";

const image = `registry.example.com:5000/team/ping@sha256:${"a1".repeat(32)}`;

test("the last good image is what the stack's tag says, and none before the first good release", () => {
  assert.equal(lastGood(JSON.stringify({ [lastGoodTag]: image, "pulumi:project": "ping" })), image);
  assert.equal(lastGood("{}"), undefined);
});

test("a tag that isn't an image by digest is refused before anything is deployed", () => {
  for (const value of ["", "ping", "registry.example.com/ping:v1", `${image}x`]) {
    assert.throws(() => lastGood(JSON.stringify({ [lastGoodTag]: value })), /the stack tag ping:last-good is/, value);
  }
});

test("the tag's name and value fit Pulumi's limits", () => {
  assert.match(lastGoodTag, /^[a-zA-Z0-9-_.:]{1,40}$/);
});
