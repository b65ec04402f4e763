import assert from "node:assert/strict";
import { test } from "node:test";
import { content, hashEnv } from "../../../../../infra/service/secrets/env-secret";
import { Mocks } from "../../../../support/mocks";

test("the content follows the values, not their order", () => {
  const one = content({ A: "one", B: "two" });
  assert.equal(content({ B: "two", A: "one" }), one);
  const others = [{ A: "two", B: "one" }, { A: "one" }, { A: 'one"],["B","two' }, { A: "one", B: "two", C: "" }];
  assert.equal(new Set([one, ...others.map(content)]).size, 5);
});

test("other values or another stack give another hash, and no variables give none", async () => {
  await Mocks.start();
  const hashed = [await hashEnv({ A: "one" }), await hashEnv({ A: "two" })];
  assert.equal(await hashEnv({}), undefined);
  await Mocks.start({ stack: "prod" });
  hashed.push(await hashEnv({ A: "one" }));
  assert.deepEqual(
    hashed.map((each) => each?.values),
    [{ A: "one" }, { A: "two" }, { A: "one" }],
  );
  const hashes = hashed.map((each) => each?.hash ?? "");
  assert.ok(
    hashes.every((hash) => /^[0-9a-f]{10}$/.test(hash)),
    hashes.join(),
  );
  assert.equal(new Set(hashes).size, 3);
});
