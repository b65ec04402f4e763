import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Replaces a text of a file of a directory. */
export function edit(directory: string, file: string, from: string | RegExp, to: string): void {
  const path = join(directory, file);
  const before = readFileSync(path, "utf8");
  const after = before.replace(from, to);
  assert.notEqual(after, before, `${file} has no ${String(from)}`);
  writeFileSync(path, after);
}
