import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { generated } from "../../../docs/config-keys";
import { Mocks } from "../../support/mocks";

test("docs/configuration.md and Pulumi.yaml say of each config key what the program says; npm run generate writes it", async (t) => {
  t.after(() => Mocks.start());
  for (const [file, content] of Object.entries(await generated())) {
    assert.equal(readFileSync(file, "utf8"), content, file);
  }
});
