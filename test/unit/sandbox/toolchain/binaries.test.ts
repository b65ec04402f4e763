import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { hasPulumi, pulumiVersion } from "../../../sandbox/toolchain/binaries";
import { versionOf } from "../../../sandbox/toolchain/go-modules";

test("the machine's Pulumi CLI is used where its version is the pinned one and its language host is there", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "ping-pulumi-"));
  const path = process.env["PATH"];
  t.after(() => {
    process.env["PATH"] = path;
    rmSync(directory, { recursive: true });
  });
  process.env["PATH"] = directory;
  const install = (name: string, script: string) => {
    writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  };
  const { signal } = new AbortController();

  assert.equal(await hasPulumi(signal), false);
  install("pulumi", `echo ${pulumiVersion}`);
  assert.equal(await hasPulumi(signal), false);
  install("pulumi-language-nodejs", "");
  assert.equal(await hasPulumi(signal), true);
  install("pulumi", "echo v3.0.0");
  assert.equal(await hasPulumi(signal), false);
});

test("the Pulumi CLI that is built has the version that the workflows install", () => {
  assert.equal(versionOf("common", "github.com/pulumi/pulumi/pkg/v3"), pulumiVersion);
});
