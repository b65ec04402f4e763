import { Failure, type PinnedImage } from "../base";
import type { BuildSource, Config } from "../config";
import type * as Ecr from "./ecr-registry";
import { existingRegistry } from "./existing-registry";
import type { Registry } from "./registry";

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
    const { findEcr } = require("./ecr-registry") as typeof Ecr;
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
