import { Provider } from "@pulumi/docker/provider";
import type * as pulumi from "@pulumi/pulumi";
import type { BuildSource, Config } from "./config";
import type * as Ecr from "./ecr";
import { Failure } from "./failure";
import { get, isProxied } from "./reach";
import { type PinnedImage, registryAddress, type Repository } from "./reference";

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
 * Finds the registry that a stack uses, before there is any resource. The function returned registers what there is to
 * make of it.
 *
 * @throws Failure where it can't be used, or the image isn't in it.
 */
export async function findRegistry(
  config: Config["registry"],
  source: BuildSource | PinnedImage,
): Promise<(name: string) => Registry> {
  const image = "digest" in source ? source : undefined;
  if ("ecr" in config) {
    // A stack without ECR doesn't load the AWS SDK.
    const { findEcr } = require("./ecr") as typeof Ecr;
    return findEcr(config.ecr, image);
  }
  const repository = image?.repository ?? config.repository;
  if (repository === undefined) {
    throw new Failure("registry.url is missing, and no image says where it would be.");
  }
  if (config.repository !== undefined && config.repository.host !== repository.host) {
    // The registry's password would be sent to another host.
    throw new Failure(
      `the image is in ${repository.name}, and registry.url of this stack is ${config.repository.name}.`,
    );
  }
  const registry = await existingRegistry(repository, config.credentials);
  return () => registry;
}

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

/**
 * A docker provider that talks to registries alone. Left to itself, the plugin connects to a container engine first, also
 * for a look-up in a registry, and fails where there is none.
 */
export function registryReader(): Provider {
  return new Provider("registry-reader", { host: "ssh://registry-only@localhost", disableDockerDaemonCheck: true });
}
