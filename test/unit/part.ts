import { readdirSync } from "node:fs";
import { join } from "node:path";

/** What asserts which modules a program loads, and so needs a process of its own, and what waits for seconds. */
const alone = /^(infra\/program(-aws)?|delivery\/github\/github)\.test/;

const files = readdirSync(__dirname, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts") && !alone.test(file))
  .sort();

const parts = 3;

/**
 * Loads every third file of tests. With a process for each, as node:test would have it, most of the time goes by with
 * loading Pulumi's SDK, half a second each.
 */
export function loadPart(part: 0 | 1 | 2): void {
  files
    .filter((_, index) => index % parts === part)
    .forEach((file) => module.require(join(__dirname, file)) as unknown);
}
