import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { load } from "js-yaml";
import { z } from "zod";

const readme = readFileSync("README.md", "utf8");
const lines = readme.split("\n");

test("the README is a screen of doors, and no table is wider than a terminal", () => {
  assert.ok(lines.length <= 121, `${lines.length - 1} lines`);
  assert.deepEqual(
    lines.filter((line) => line.startsWith("|") && line.length > 80),
    [],
  );
});

test("the README has six keys, with the defaults of Pulumi.yaml", () => {
  const { config } = z
    .object({ config: z.record(z.string(), z.object({ default: z.unknown() })) })
    .parse(load(readFileSync("Pulumi.yaml", "utf8")));
  const rows = [...readme.matchAll(/^\| `(\w+)` +\|[^|]*\| (.*?) *\|$/gm)];
  assert.deepEqual(
    rows.map(([, key = "", shown = ""]) => [key, shown === "required" ? {} : load(shown.replaceAll("`", ""))]),
    ["registry", "cluster", "app", "healthPath", "replicas", "env"].map((key) => [key, config[key]?.default]),
  );
});
