import assert from "node:assert/strict";
import { test } from "node:test";
import { contentHash } from "../../../../infra/service/env-secret";
import { Mocks } from "../../mocks";

test("the hash follows the values, not their order, and is another one in another stack", async () => {
  await Mocks.start();
  const hash = contentHash({ A: "one", B: "two" });
  assert.match(hash, /^[0-9a-f]{10}$/);
  assert.equal(contentHash({ B: "two", A: "one" }), hash);
  const others = [{ A: "two", B: "one" }, { A: "one" }, { A: 'one"],["B","two' }, { A: "one", B: "two", C: "" }];
  assert.equal(new Set([hash, ...others.map(contentHash)]).size, 5);
  await Mocks.start({ stack: "prod" });
  assert.notEqual(contentHash({ A: "one", B: "two" }), hash);
});
