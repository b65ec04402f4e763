import assert from "node:assert/strict";
import { test } from "node:test";
import { type Manifest, verifyPlatforms } from "../../../../../infra/image/manifests/verify-platforms";

const manifest = (os: string, architecture: string): Manifest => ({
  os,
  architecture,
  sha256Digest: `sha256:${architecture}`,
});
const amd64 = manifest("linux", "amd64");
const arm64 = manifest("linux", "arm64");
const attestation = manifest("unknown", "unknown");

test("every wanted platform gets its digest, in the wanted order; attestations and others are left out", () => {
  const found = [attestation, manifest("linux", "s390x"), amd64, attestation, arm64];
  const verified = verifyPlatforms("repo:tag", ["linux/arm64", "linux/amd64"], found);
  assert.deepEqual(Object.entries(verified), [
    ["linux/arm64", "sha256:arm64"],
    ["linux/amd64", "sha256:amd64"],
  ]);
});

test("a missing platform is an error that names it, the image and what there is", () => {
  const wanted = ["linux/amd64", "linux/arm64", "linux/s390x"];
  assert.throws(() => verifyPlatforms("repo:tag@sha256:1", wanted, [amd64, attestation]), {
    message:
      "the image repo:tag@sha256:1 has no manifest for linux/arm64, linux/s390x; it has linux/amd64. " +
      "Build it for those platforms, or take them out of the config key platforms.",
  });
  assert.throws(
    () => verifyPlatforms("repo:tag", ["linux/amd64"], []),
    /has no manifest for linux\/amd64; it has none\./,
  );
});

test("the same architecture on another operating system doesn't count", () => {
  assert.throws(() => verifyPlatforms("repo:tag", ["linux/amd64"], [manifest("windows", "amd64")]), /windows\/amd64/);
});
