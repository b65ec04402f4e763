import { text } from "node:stream/consumers";
import { askRegistry, type Login, type Repository } from "../base";

/** What a registry says of a base image. */
export interface BaseManifest {
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
export async function baseManifest(
  repository: Repository,
  reference: string,
  login: Login | undefined,
): Promise<BaseManifest> {
  const { headers } = await askRegistry("HEAD", repository, `manifests/${reference}`, login, text);
  const digest = headers["docker-content-digest"] ?? (reference.includes(":") ? reference : undefined);
  if (
    typeof digest !== "string" ||
    !/^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/.test(digest)
  ) {
    throw new Error(`the registry gave no digest of ${repository.name}:${reference}`);
  }
  return { digest, isIndex: !/\.manifest\.v[12]\+json/.test(headers["content-type"] ?? "") };
}
