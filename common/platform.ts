import type * as dockerBuild from "@pulumi/docker-build";

/** The platforms that Go builds for and that Kubernetes has nodes of. */
export const knownPlatforms = [
  "linux/amd64",
  "linux/arm64",
  "linux/arm",
  "linux/386",
  "linux/ppc64le",
  "linux/riscv64",
  "linux/s390x",
] as const satisfies readonly dockerBuild.Platform[];

/** An `os/architecture` pair out of {@link knownPlatforms}. */
export type Platform = (typeof knownPlatforms)[number];
