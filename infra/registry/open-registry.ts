import * as pulumi from "@pulumi/pulumi";
import { type AwsAccount, ecrAccount, type Repository } from "../../common";
import type { EcrConfig } from "../config";
import { EcrRegistry, type EcrRegistryArgs } from "./ecr";
import type { FoundRegistry, Registry } from "./registry";

/**
 * Registers what a stack needs in its registry: the repository in ECR that it makes, and nothing in any other registry.
 *
 * @param cleaner ARN of the role that deletes images which no stack uses.
 */
export function openRegistry(name: string, found: FoundRegistry, cleaner?: string): Registry {
  const { repository, login } = found;
  const credentials = login && {
    username: login.username,
    password: pulumi.secret(login.password),
    ...(login.identityToken && { identityToken: true }),
  };
  const dockerLogin = login?.docker ?? false;
  if (found.kind === "existing") {
    const { name: path, host } = repository;
    return { repository: path, host, address: found.address, credentials, dockerLogin };
  }
  return new EcrRegistry(name, {
    repository,
    credentials,
    dockerLogin,
    make: makeRepository(found.config, found.account, cleaner),
    promotion: promotion(repository, found.account),
  });
}

function makeRepository(
  config: EcrConfig,
  { partition }: AwsAccount,
  cleaner: string | undefined,
): EcrRegistryArgs["make"] {
  if (config.use !== "make") {
    return undefined;
  }
  const { repository, protect, forceDelete, expireAfter, pullAccounts } = config;
  const pullers = pullAccounts.map((id) => `arn:${partition}:iam::${id}:root`);
  return { repository, protect, forceDelete, expireAfter, cleaner, pullers };
}

function promotion({ host }: Repository, { id }: AwsAccount): EcrRegistryArgs["promotion"] {
  const owner = ecrAccount(host);
  return owner === undefined || owner === id ? undefined : { from: owner, to: id };
}
