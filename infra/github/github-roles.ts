import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount, PinnedImage } from "../base";
import type { BuildSource, Config } from "../config";
import { issuer, type Targets } from "./role-policies";
import type * as Identity from "./github-identity";

/**
 * Registers what a GitHub repository needs to deploy, for a stack that asks for it, and returns the ARNs of its two
 * roles. Nothing, and the AWS SDK isn't loaded, for any other stack.
 */
export function githubRoles(
  name: string,
  { github, registry, cluster }: Pick<Config, "github" | "registry" | "cluster">,
  source: BuildSource | PinnedImage,
  account: AwsAccount | undefined,
): { deployRole?: pulumi.Output<string>; previewRole?: pulumi.Output<string> } {
  if (github === undefined || account === undefined) {
    return {};
  }
  const { GithubIdentity } = require("./github-identity") as typeof Identity;
  const { deployRole, previewRole } = new GithubIdentity(name, {
    prefix: `${name}-${pulumi.getStack()}`,
    github,
    provider: github.adopt ? `arn:${account.partition}:iam::${account.id}:oidc-provider/${issuer}` : undefined,
    targets: targetsOf(account, { registry, cluster }, source),
  });
  return { deployRole, previewRole };
}

/** ARNs of the repository and the cluster that a stack uses. */
export function targetsOf(
  account: AwsAccount,
  { registry, cluster }: Pick<Config, "registry" | "cluster">,
  source: BuildSource | PinnedImage,
): Targets {
  const arn = (service: string, resource: string) =>
    `arn:${account.partition}:${service}:${account.region}:${account.id}:${resource}`;
  const ecr = "ecr" in registry ? registry.ecr : undefined;
  const path = "digest" in source ? source.repository.name.slice(source.repository.host.length + 1) : ecr?.repository;
  return {
    repository: arn("ecr", `repository/${path ?? ""}`),
    use: ecr?.use ?? "pull",
    cluster: "eks" in cluster ? arn("eks", `cluster/${cluster.eks.name}`) : undefined,
  };
}
