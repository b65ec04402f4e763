import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ensureStack } from "../../../../delivery/stack/stack";
import { fakeRun, noSuchStack } from "../fake-run";

test("delivery/stack/stack.ts alone knows Pulumi's commands", () => {
  const cwd = join(__dirname, "../../../../delivery");
  const runs = (file: string) => /["'`]pulumi["'`]/.test(readFileSync(join(cwd, file), "utf8"));
  const files = readdirSync(cwd, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  assert.deepEqual(files.filter(runs), ["stack/stack.ts"]);
});

test("a stack is made where Pulumi says that there is none, and not where it can't tell", async () => {
  const unread = { status: 1, stderr: "error: could not read the bucket: 403\n" };
  for (const [answer, commands, result] of [
    ['{"of":"pr-12"}', ["tag ls"], { of: "pr-12" }],
    [noSuchStack, ["tag ls", "init pr-12"], {}],
    [
      unread,
      ["tag ls"],
      "Error: pulumi stack tag ls --json --stack pr-12 ended with 1: error: could not read the bucket: 403",
    ],
  ] as const) {
    const ran: string[] = [];
    const run = fakeRun((text) => {
      ran.push(text.split(" ").slice(2, 4).join(" "));
      return text.startsWith("pulumi stack tag ls") ? answer : "";
    });
    assert.deepEqual([await ensureStack(run, "pr-12").catch(String), ran], [result, commands]);
  }
});
