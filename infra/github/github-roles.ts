import * as pulumi from "@pulumi/pulumi";
import { type AwsAccount, ecrAccount } from "../../common";
import type { Config } from "../config";
import type { FoundRegistry } from "../registry";
import type { PodIdentity } from "../service";
import { GithubIdentity, roleName } from "./github-identity";
import type { Targets } from "./role-policies";
import { issuer } from "./trust-policy";

/** ARNs of the roles for a GitHub repository's jobs. */
interface GithubRoles {
  readonly deployRole?: pulumi.Output<string>;
  readonly previewRole?: pulumi.Output<string>;
  readonly cleanRole?: pulumi.Output<string>;
}

/** First part of the roles' names. */
const prefix = (name: string) => `${name}-${pulumi.getStack()}`;

/** ARN that the role for jobs which delete images has, also before it is made. Undefined if no job may delete images. */
export function cleaner(name: string, github: Config["github"], account: AwsAccount | undefined): string | undefined {
  return (
    github?.clean && account && `arn:${account.partition}:iam::${account.id}:role/${roleName(prefix(name), "clean")}`
  );
}

/** Registers the roles for a GitHub repository's jobs. A stack whose config doesn't ask for them gets none. */
export function githubRoles(
  name: string,
  { github, cluster }: Pick<Config, "github" | "cluster">,
  registry: FoundRegistry,
  podIdentity: PodIdentity | undefined,
): GithubRoles {
  // The config allows `github` only with ECR.
  if (github === undefined || registry.kind !== "ecr") {
    return {};
  }
  const { account, config, repository } = registry;
  const arn = (service: string, resource: string, owner = account.id) =>
    `arn:${account.partition}:${service}:${account.region}:${owner}:${resource}`;
  const owner = ecrAccount(repository.host);
  const image = arn("ecr", `repository/${repository.path}`, owner);
  const own = config.use === "pull" ? image : arn("ecr", `repository/${config.repository}`);
  const targets: Targets = {
    repository: own,
    elsewhere: image === own ? undefined : image,
    config,
    cluster: "eks" in cluster ? arn("eks", `cluster/${cluster.eks.name}`) : undefined,
  };
  const { deployRole, previewRole, cleanRole } = new GithubIdentity(name, {
    prefix: prefix(name),
    github,
    clean: github.clean,
    provider: github.adopt ? `arn:${account.partition}:iam::${account.id}:oidc-provider/${issuer}` : undefined,
    partition: account.partition,
    targets,
    pods: podIdentity && { role: podIdentity.role, association: podIdentity.association },
  });
  return { deployRole, previewRole, ...(cleanRole && { cleanRole }) };
}
