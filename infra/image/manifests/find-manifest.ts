import { text } from "node:stream/consumers";
import { askRegistry, type Login, RegistryError, type Repository } from "../../../common";

/** An answer without a digest, which the specification only recommends. */
class NoDigest extends Error {}

/** What a registry says of a tag or a digest. */
interface FoundManifest {
  readonly digest: string;
  /** Whether the image has a manifest for each of its platforms. Otherwise it is for one platform. */
  readonly isIndex: boolean;
}

/**
 * Asks a registry for the digest that a tag or a digest stands for.
 *
 * @param login Sent only if the registry asks for it. Undefined for a registry that anybody may read.
 * @throws Error that says what was asked and what came of it.
 */
export async function findManifest(
  repository: Repository,
  reference: string,
  login: Login | undefined,
): Promise<FoundManifest> {
  const { headers } = await askRegistry("HEAD", repository, `manifests/${reference}`, login, text);
  const digest = headers["docker-content-digest"] ?? (reference.includes(":") ? reference : undefined);
  if (
    typeof digest !== "string" ||
    !/^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/.test(digest)
  ) {
    throw new NoDigest(`the registry gave no digest of ${repository.name}:${reference}`);
  }
  return { digest, isIndex: !/\.manifest\.v[12]\+json/.test(headers["content-type"] ?? "") };
}

/**
 * The digest that a tag stands for. Undefined if it stands for none. Before the first push, registries also answer 401
 * or 403, such as Docker Hub and GitHub's. Some keep the tag of a manifest that was deleted by its digest, such as
 * go-containerregistry's. A registry that gives no digests has no tag that could be found.
 *
 * @throws Error for any other answer.
 */
export async function findTag(
  repository: Repository,
  tag: string,
  login: Login | undefined,
): Promise<string | undefined> {
  try {
    const { digest } = await findManifest(repository, tag, login);
    return (await findManifest(repository, digest, login)).digest;
  } catch (error) {
    const isMissing = error instanceof RegistryError && [401, 403, 404].includes(error.status ?? 0);
    if (isMissing || error instanceof NoDigest) {
      return undefined;
    }
    throw error;
  }
}
