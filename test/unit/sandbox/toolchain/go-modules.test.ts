import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { goVersion, moduleDirectory, versionOf } from "../../../sandbox/toolchain/go-modules";
import { commandsIn } from "../../../support/commands";
import { setVariable } from "../../../support/variables";

const { signal } = new AbortController();

test("a missing Go is named with the version to install", async (t) => {
  setVariable(t, "PATH", commandsIn(t));
  await assert.rejects(goVersion(signal), {
    message: `the sandbox is built with Go, and go is not on PATH: install Go ${versionOf("common", "go")} or newer`,
  });
});

test("a Go that is too old is refused in its own words", async (t) => {
  setVariable(t, "PATH", commandsIn(t, { go: 'echo "go: go.mod requires go >= 1.99" >&2; exit 1' }));
  await assert.rejects(goVersion(signal), {
    message: "go list -m ended with 1:\ngo: go.mod requires go >= 1.99",
  });
});

test("a module that a go.mod doesn't require has no version", () => {
  assert.throws(() => versionOf("common", "example.com/none"), {
    message: `${join(moduleDirectory("common"), "go.mod")} requires no example.com/none`,
  });
});
