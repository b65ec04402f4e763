import { Failure, messageOf, type OwnResource, type Platform } from "../../common";
import type { BuildSource, PinnedSource } from "../config";
import type { FoundRegistry } from "../registry";
import type { FoundBases } from "./base-images";
import { type Content, readContent } from "./content";
import { lastBuild } from "./last-build";
import { findTag } from "./manifests";

/** A service's image, as far as it is known before anything is made. */
export type FoundImage =
  /** It is in a registry, and this stack builds nothing. */
  | {
      readonly kind: "there";
      /** The tag of its content. Undefined for an image that is given by digest. */
      readonly tag: string | undefined;
      readonly digest: string;
      readonly source: BuildSource | PinnedSource;
    }
  /** This stack builds it, or has built it. */
  | {
      readonly kind: "build";
      readonly source: BuildSource;
      readonly content: Content;
      /** What the content's tag stands for, if this stack has built the image already. */
      readonly digest: string | undefined;
      /** How often this stack has built the content again because the registry had lost it. */
      readonly repeated: number;
    };

/**
 * Asks the registry for the content's tag, so that the same content is built once. A stack that has built the image
 * keeps its build in the state. Any other stack has none. It registers no resource.
 *
 * @param name Of the service.
 * @param own What this stack's last update recorded.
 * @throws Failure if the registry doesn't tell.
 */
export async function findImage(
  name: string,
  source: BuildSource | PinnedSource,
  bases: FoundBases,
  platforms: readonly Platform[],
  { repository, login }: FoundRegistry,
  own: readonly OwnResource[],
): Promise<FoundImage> {
  if (source.kind === "pinned") {
    return { kind: "there", tag: undefined, digest: source.digest, source };
  }
  const content = readContent(source, bases, platforms);
  const { tag } = content;
  const digest = await findTag(repository, tag, login).catch((error: unknown) => {
    throw new Failure(
      `whether the registry has the image ${repository.name}:${tag} already can't be found out: ${messageOf(error)}. ` +
        "Start that registry, or choose another one.",
    );
  });
  const last = lastBuild(`${name}-build`, own);
  const built = last?.repository === repository.name && last.tag === tag ? last : undefined;
  return digest !== undefined && built === undefined
    ? { kind: "there", tag, digest, source }
    : { kind: "build", source, content, digest, repeated: repeats(built, digest) };
}

function repeats(built: { readonly repeated: number } | undefined, digest: string | undefined): number {
  return built === undefined ? 0 : built.repeated + (digest === undefined ? 1 : 0);
}
