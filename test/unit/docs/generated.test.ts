import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { generated } from "../../../docs/generate";
import { Mocks } from "../../support/mocks";

test("each generated file is what the program makes of it today; npm run generate writes it", async (t) => {
  t.after(() => Mocks.start());
  for (const [file, content] of Object.entries(await generated())) {
    assert.equal(readFileSync(file, "utf8"), content, file);
  }
});
