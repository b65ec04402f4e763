import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { generated } from "../../../docs/config-keys";

test("the README and Pulumi.yaml say of each config key what the schema says; npm run generate writes it", async () => {
  for (const [file, content] of Object.entries(await generated())) {
    assert.equal(readFileSync(file, "utf8"), content, file);
  }
});
