import type * as dockerBuild from "@pulumi/docker-build";
import { Failure } from "./failure";

/** The platforms that both Go and Kubernetes nodes run on; anything else in the config is a typing mistake. */
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

/** What an image index says about one of its manifests. */
export interface Manifest {
  /** Operating system, `unknown` for an attestation. */
  readonly os: string;
  /** CPU architecture in Go's spelling, `unknown` for an attestation. */
  readonly architecture: string;
  /** Digest of the manifest, `sha256:…`. */
  readonly sha256Digest: string;
}

/**
 * Checks that an index has a manifest for every wanted platform and returns platform → digest, in the wanted order.
 * A platform that nobody wants (an attestation is `unknown/unknown`) is left out.
 *
 * @throws Failure that names the missing platforms and those found: a pod scheduled onto one of the missing would fail
 * with "exec format error".
 */
export function verifyPlatforms(
  reference: string,
  wanted: readonly string[],
  manifests: readonly Manifest[],
): Record<string, string> {
  const found = new Map(
    manifests
      .filter(({ os }) => os !== "unknown")
      .map(({ os, architecture, sha256Digest }) => [`${os}/${architecture}`, sha256Digest]),
  );
  const missing = wanted.filter((platform) => !found.has(platform));
  if (missing.length > 0) {
    throw new Failure(
      `the image ${reference} has no manifest for ${missing.join(", ")}; it has ${[...found.keys()].join(", ") || "none"}. ` +
        "Build it for those platforms, or take them out of the config key platforms.",
    );
  }
  return Object.fromEntries(wanted.map((platform) => [platform, found.get(platform) ?? ""]));
}

/**
 * A node affinity that lets pods run only where their image does. Without it, a cluster of several architectures would
 * start some of them on a node with "exec format error"; with it, a cluster that has no such node leaves them pending,
 * and the scheduler says why.
 *
 * Sorted, so that another order in the config is no change.
 */
export function nodeAffinity(platforms: readonly Platform[]) {
  const part = (position: 0 | 1) =>
    [...new Set(platforms.map((platform) => platform.split("/")[position] ?? ""))].sort();
  return {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        {
          matchExpressions: [
            { key: "kubernetes.io/os", operator: "In", values: part(0) },
            { key: "kubernetes.io/arch", operator: "In", values: part(1) },
          ],
        },
      ],
    },
  };
}
