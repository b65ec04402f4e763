import assert from "node:assert/strict";
import { unknownValue } from "@pulumi/pulumi/runtime/rpc";
import { test } from "node:test";
import { diff, lookUp, secret, unknown } from "../../../../delivery/preview/diff";

test("an unknown value is what the SDK calls one", () => assert.equal(unknown, unknownValue));

const cases: Readonly<Record<string, { old: unknown; new: unknown; found: ReturnType<typeof diff> }>> = {
  "equal values": { old: { a: [1, { b: null }] }, new: { a: [1, { b: null }] }, found: [] },
  "a changed leaf": { old: { a: { b: 1 } }, new: { a: { b: 2 } }, found: [{ path: ["a", "b"], old: 1, new: 2 }] },
  "an added object, by its leaves": {
    old: {},
    new: { a: { b: 1, c: [true, {}] } },
    found: [
      { path: ["a", "b"], old: undefined, new: 1 },
      { path: ["a", "c", 0], old: undefined, new: true },
      { path: ["a", "c", 1], old: undefined, new: {} },
    ],
  },
  "a shorter list": { old: [1, 2], new: [1], found: [{ path: [1], old: 2, new: undefined }] },
  "a list that becomes an object": {
    old: { a: [1] },
    new: { a: { b: 1 } },
    found: [
      { path: ["a", 0], old: 1, new: undefined },
      { path: ["a", "b"], old: undefined, new: 1 },
    ],
  },
  "a value that only the update will tell": { old: "x", new: unknown, found: [{ path: [], old: "x", new: unknown }] },
  "null and absence, which differ": { old: {}, new: { a: null }, found: [{ path: ["a"], old: undefined, new: null }] },
  "the engine's own keys": { old: { __defaults: [1] }, new: { __internal: {} }, found: [] },
  "a value that becomes secret, which hides the old one too": {
    old: { token: "hunter2" },
    new: { token: secret },
    found: [{ path: ["token"], old: secret, new: secret }],
  },
  "an object that becomes secret, which hides all that was in it": {
    old: { env: [{ name: "TOKEN", value: "hunter2" }] },
    new: { env: secret },
    found: [{ path: ["env"], old: secret, new: secret }],
  },
  "a secret that is decrypted, whose value was never meant to be shown": {
    old: { token: secret },
    new: { token: "hunter2" },
    found: [{ path: ["token"], old: secret, new: secret }],
  },
  "a new secret": { old: {}, new: { token: secret }, found: [{ path: ["token"], old: undefined, new: secret }] },
  "two secrets, which may differ": { old: { a: secret }, new: { a: secret }, found: [] },
};

for (const [what, { old, new: next, found }] of Object.entries(cases)) {
  test(`diff: ${what}`, () => assert.deepEqual(diff(old, next), found));
}

test("below a secret or an unknown value everything is one", () => {
  assert.equal(lookUp({ a: secret }, ["a", "b", 0]), secret);
  assert.equal(lookUp({ a: unknown }, ["a", "b", 0]), unknown);
  assert.equal(lookUp({ a: [{ b: 1 }] }, ["a", 0, "b"]), 1);
  assert.equal(lookUp({ a: "text" }, ["a", "length"]), undefined);
});
