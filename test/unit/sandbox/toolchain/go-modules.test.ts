import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { goVersion, moduleDirectory, versionOf } from "../../../sandbox/toolchain/go-modules";

const { signal } = new AbortController();

/** Makes a directory the whole of PATH until the test ends. */
function onlyOnPath(t: TestContext, commands: Readonly<Record<string, string>>): void {
  const directory = mkdtempSync(join(tmpdir(), "ping-go-"));
  const path = process.env["PATH"];
  t.after(() => {
    process.env["PATH"] = path;
    rmSync(directory, { recursive: true });
  });
  for (const [name, script] of Object.entries(commands)) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  process.env["PATH"] = directory;
}

test("a missing Go is named with the version to install", async (t) => {
  onlyOnPath(t, {});
  await assert.rejects(goVersion(signal), {
    message: `the sandbox is built with Go, and go is not on PATH: install Go ${versionOf("common", "go")} or newer`,
  });
});

test("a Go that is too old is refused in its own words", async (t) => {
  onlyOnPath(t, { go: 'echo "go: go.mod requires go >= 1.99" >&2; exit 1' });
  await assert.rejects(goVersion(signal), {
    message: "go list -m ended with 1:\ngo: go.mod requires go >= 1.99",
  });
});

test("a module that a go.mod doesn't require has no version", () => {
  assert.throws(() => versionOf("common", "example.com/none"), {
    message: `${join(moduleDirectory("common"), "go.mod")} requires no example.com/none`,
  });
});
