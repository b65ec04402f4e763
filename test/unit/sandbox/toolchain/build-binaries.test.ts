import assert from "node:assert/strict";
import { test } from "node:test";
import { pulumiVersion } from "../../../sandbox/toolchain/binaries";
import { hasPulumi } from "../../../sandbox/toolchain/build-binaries";
import { versionOf } from "../../../sandbox/toolchain/go-modules";
import { commandsIn, putCommand } from "../../../support/commands";
import { setVariable } from "../../../support/variables";

test("the machine's Pulumi CLI is used where its version is the pinned one and its language host is there", async (t) => {
  const directory = commandsIn(t);
  setVariable(t, "PATH", directory);
  const { signal } = new AbortController();

  assert.equal(await hasPulumi(signal), false);
  putCommand(directory, "pulumi", `echo ${pulumiVersion}`);
  assert.equal(await hasPulumi(signal), false);
  putCommand(directory, "pulumi-language-nodejs", "");
  assert.equal(await hasPulumi(signal), true);
  putCommand(directory, "pulumi", "echo v3.0.0");
  assert.equal(await hasPulumi(signal), false);
});

test("the Pulumi CLI that is built has the version that the workflows install", () => {
  assert.equal(versionOf("common", "github.com/pulumi/pulumi/pkg/v3"), pulumiVersion);
});
