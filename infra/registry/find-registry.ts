import { type AwsAccount, Failure } from "../../common";
import type { BuildSource, Config, PinnedSource } from "../config";
import { checkImage } from "./check-image";
import { findEcr } from "./ecr";
import { findExistingRegistry } from "./existing-registry";
import type { FoundRegistry } from "./registry";

/**
 * Finds the registry that a stack uses. It registers no resource.
 *
 * @throws Failure if the registry can't be used, or if a pinned image isn't in it.
 */
export async function findRegistry(
  config: Config["registry"],
  source: BuildSource | PinnedSource,
  account: AwsAccount | undefined,
): Promise<FoundRegistry> {
  const pinned = source.kind === "pinned" ? source : undefined;
  if ("ecr" in config) {
    if (account === undefined) {
      throw new Failure("registry.ecr needs an AWS account.");
    }
    return findEcr(config.ecr, pinned, account);
  }
  const image = pinned?.repository;
  const { repository = image, credentials } = config;
  if (repository === undefined) {
    throw new Failure("registry.url is missing, and no image names a registry.");
  }
  if (image) {
    checkImage(image, { key: "registry.url", host: repository.host });
  }
  return findExistingRegistry(image ?? repository, credentials, pinned?.digest);
}
