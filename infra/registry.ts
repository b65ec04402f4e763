import { Provider } from "@pulumi/docker/provider";
import type * as pulumi from "@pulumi/pulumi";
import { Failure } from "./failure";
import type { ExistingRegistryConfig } from "./config";
import { get, isProxied } from "./reach";
import { registryAddress } from "./reference";

/** Where images go to and come from. */
export interface Registry {
  /** `host[:port]/path` that images are pushed to. */
  readonly repository: pulumi.Input<string>;
  /** `host[:port]`, the first part of that. */
  readonly host: pulumi.Input<string>;
  /** Base URL of its API, with the scheme. */
  readonly address: pulumi.Input<string>;
  /** Nothing for a registry that lets everyone in. */
  readonly credentials: Credentials | undefined;
}

/** What a registry asks for. */
export interface Credentials {
  readonly username: pulumi.Input<string>;
  readonly password: pulumi.Input<string>;
}

/**
 * A registry that somebody else looks after.
 *
 * @throws Failure where it doesn't answer as a registry: before a build rather than after it.
 */
export async function existingRegistry({ repository, credentials }: ExistingRegistryConfig): Promise<Registry> {
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

/**
 * A docker provider that talks to registries alone. Left to itself, the plugin connects to a container engine first, also
 * for a look-up in a registry, and fails where there is none.
 */
export function registryReader(): Provider {
  return new Provider("registry-reader", { host: "ssh://registry-only@localhost", disableDockerDaemonCheck: true });
}
