import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

test("delivery/stack/stack.ts alone knows Pulumi's commands", () => {
  const cwd = join(__dirname, "../../../../delivery");
  const runs = (file: string) => /["'`]pulumi["'`]/.test(readFileSync(join(cwd, file), "utf8"));
  const files = readdirSync(cwd, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  assert.deepEqual(files.filter(runs), ["stack/stack.ts"]);
});
