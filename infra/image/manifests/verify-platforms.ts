import { Failure } from "../../../common";

/** An entry of an image index. */
export interface Manifest {
  /** Operating system, `unknown` for an attestation. */
  readonly os: string;
  /** CPU architecture in Go's spelling, `unknown` for an attestation. */
  readonly architecture: string;
  /** Digest of the manifest, `sha256:…`. */
  readonly sha256Digest: string;
}

/**
 * Checks that an index has a manifest for every wanted platform. Returns platform → digest, in the wanted order,
 * without other platforms and attestations.
 *
 * @param advice What to do about a missing platform.
 * @throws Failure that names the missing platforms and those found. On a node of a missing platform, a pod would fail
 * with "exec format error".
 */
export function verifyPlatforms(
  reference: string,
  wanted: readonly string[],
  manifests: readonly Manifest[],
  advice = "Build it for those platforms, or take them out of the config key platforms.",
): Record<string, string> {
  const found = new Map(
    manifests
      .filter(({ os }) => os !== "unknown")
      .map(({ os, architecture, sha256Digest }) => [`${os}/${architecture}`, sha256Digest]),
  );
  const missing = wanted.filter((platform) => !found.has(platform));
  if (missing.length > 0) {
    throw new Failure(
      `the image ${reference} has no manifest for ${missing.join(", ")}; it has ${[...found.keys()].join(", ") || "none"}. ${advice}`,
    );
  }
  return Object.fromEntries(wanted.map((platform) => [platform, found.get(platform) ?? ""]));
}
