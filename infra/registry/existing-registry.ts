import { Failure, get, isProxied, registryAddress, type Repository } from "../base";
import type { Credentials, FoundRegistry } from "./registry";

/**
 * Checks that a registry answers, which a build would find out only at its end.
 *
 * @throws Failure if the registry doesn't answer `GET /v2/` as a registry does.
 */
export async function findExistingRegistry(
  repository: Repository,
  credentials: Credentials | undefined,
): Promise<FoundRegistry> {
  const address = registryAddress(repository.host);
  const url = new URL("/v2/", address);
  if (!isProxied(url, process.env)) {
    const status = await get(url);
    // 401 and 403 ask for credentials. The build and the look-up of the image send them.
    if (![200, 401, 403].includes(Number(status))) {
      throw new Failure(
        `the registry ${repository.host} can't be used: GET ${url.href} gave ${status}. ` +
          "Start it, or choose another one with pulumi config set --path registry.url HOST/PATH.",
      );
    }
  }
  return { kind: "existing", repository, address, credentials };
}
