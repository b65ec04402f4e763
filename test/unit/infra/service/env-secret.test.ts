import assert from "node:assert/strict";
import { test } from "node:test";
import { content, contentHash } from "../../../../infra/service/env-secret";
import { Mocks } from "../../mocks";

test("the content follows the values, not their order", () => {
  const one = content({ A: "one", B: "two" });
  assert.equal(content({ B: "two", A: "one" }), one);
  const others = [{ A: "two", B: "one" }, { A: "one" }, { A: 'one"],["B","two' }, { A: "one", B: "two", C: "" }];
  assert.equal(new Set([one, ...others.map(content)]).size, 5);
});

test("another content has another hash, and so has another stack", async () => {
  await Mocks.start();
  const hashes = [contentHash({ A: "one" }), contentHash({ A: "two" })];
  await Mocks.start({ stack: "prod" });
  hashes.push(contentHash({ A: "one" }));
  assert.ok(
    hashes.every((hash) => /^[0-9a-f]{10}$/.test(hash)),
    hashes.join(),
  );
  assert.equal(new Set(hashes).size, 3);
});
