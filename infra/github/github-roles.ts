import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../base";
import type { Config } from "../config";
import type { FoundRegistry } from "../registry";
import type * as Identity from "./github-identity";
import { issuer, type Targets } from "./role-policies";

/** ARNs of the roles for a GitHub repository's jobs. */
export interface GithubRoles {
  readonly deployRole?: pulumi.Output<string>;
  readonly previewRole?: pulumi.Output<string>;
}

/** Registers the roles for a GitHub repository's jobs. A stack whose config doesn't ask for them gets none. */
export function githubRoles(
  name: string,
  { github, cluster }: Pick<Config, "github" | "cluster">,
  registry: FoundRegistry,
  account: AwsAccount | undefined,
): GithubRoles {
  // The config allows `github` only with ECR, and a stack with ECR has an account.
  if (github === undefined || account === undefined || registry.kind !== "ecr") {
    return {};
  }
  // Loaded here, so that a stack without roles doesn't load the AWS SDK.
  const { GithubIdentity } = require("./github-identity") as typeof Identity;
  const arn = (service: string, resource: string) =>
    `arn:${account.partition}:${service}:${account.region}:${account.id}:${resource}`;
  const targets: Targets = {
    repository: arn("ecr", `repository/${registry.repository.path}`),
    use: registry.config.use,
    cluster: "eks" in cluster ? arn("eks", `cluster/${cluster.eks.name}`) : undefined,
  };
  const { deployRole, previewRole } = new GithubIdentity(name, {
    prefix: `${name}-${pulumi.getStack()}`,
    github,
    provider: github.adopt ? `arn:${account.partition}:iam::${account.id}:oidc-provider/${issuer}` : undefined,
    targets,
  });
  return { deployRole, previewRole };
}
