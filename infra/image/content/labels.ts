import type { FoundBases } from "../base-images";

/** The label with the image's version, which is its tag. It can't be part of what the tag is made from. */
export const versionLabel = "org.opencontainers.image.version";

/** The build argument with the same value. It is called after the label, so that it takes no name from a Dockerfile. */
export const versionArg = "ORG_OPENCONTAINERS_IMAGE_VERSION";

/**
 * The other labels of an image (OCI image specification, "Pre-Defined Annotation Keys"). They are part of what its tag
 * is made from.
 *
 * @param origin URL of the repository that the source is from.
 */
export function imageLabels(origin: string | undefined, base: FoundBases["base"]): Record<string, string> {
  const labels = {
    "org.opencontainers.image.source": origin,
    "org.opencontainers.image.base.name": base?.name,
    "org.opencontainers.image.base.digest": base?.digest,
  };
  return Object.fromEntries(
    Object.entries(labels).filter((label): label is [string, string] => label[1] !== undefined),
  );
}
