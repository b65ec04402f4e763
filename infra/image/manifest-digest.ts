import { text } from "node:stream/consumers";
import { askRegistry, type Login, type Repository } from "../base";

/**
 * Asks a registry for the digest that a tag stands for.
 *
 * @param login Sent only if the registry asks for it. Undefined for a registry that anybody may read.
 * @throws Error that says what was asked and what came of it.
 */
export async function manifestDigest(repository: Repository, tag: string, login: Login | undefined): Promise<string> {
  const { headers } = await askRegistry("HEAD", repository, `manifests/${tag}`, login, text);
  const digest = headers["docker-content-digest"];
  if (typeof digest !== "string" || !/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new Error(`the registry gave no digest of ${repository.name}:${tag}`);
  }
  return digest;
}
