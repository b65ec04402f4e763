import { Failure, get, isProxied, registryAddress, type Repository } from "../base";
import type { Credentials, Registry } from "./registry";

/**
 * A registry that somebody else looks after.
 *
 * @throws Failure where it doesn't answer as a registry: before a build rather than after it.
 */
export async function existingRegistry(repository: Repository, credentials?: Credentials): Promise<Registry> {
  const address = registryAddress(repository.host);
  const url = new URL("/v2/", address);
  if (!isProxied(url, process.env)) {
    const status = await get(url);
    // 401 and 403 ask for credentials, which the build and the look-up send.
    if (![200, 401, 403].includes(Number(status))) {
      throw new Failure(
        `the registry ${repository.host} can't be used: GET ${url.href} gave ${status}. ` +
          "Start it, or choose another one with pulumi config set --path registry.url HOST/PATH.",
      );
    }
  }
  return { repository: repository.name, host: repository.host, address, credentials };
}
