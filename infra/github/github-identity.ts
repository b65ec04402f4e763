import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import { dnsLabel, type Plain } from "../../common";
import type { CleanConfig, GithubConfig } from "../config";
import { cleanPolicy, deployPolicy, previewPolicy, type Targets } from "./role-policies";
import { audience, cleanTrust, deployTrust, issuer, previewTrust, type Trust, trustPolicy } from "./trust-policy";

/** Arguments of a {@link GithubIdentity}. */
interface GithubIdentityArgs {
  /** First part of the roles' names. Unique in the account. */
  readonly prefix: pulumi.Input<string>;
  /** The GitHub repository and which of its jobs may deploy. */
  readonly github: pulumi.Input<GithubConfig>;
  /** Which of its jobs may delete images, undefined for none. */
  readonly clean: Plain<CleanConfig | undefined>;
  /** ARN of GitHub's OIDC provider, undefined to make it. */
  readonly provider: Plain<string | undefined>;
  /** Partition of the account. */
  readonly partition: Plain<string>;
  /** What the roles may reach. */
  readonly targets: pulumi.Input<Targets>;
  /** The role of the pods and its association, as ARNs, which the role for previews reads. Undefined if they have none. */
  readonly pods: PodArns | undefined;
}

/** Name of a role for a GitHub repository's jobs. */
export const roleName = (prefix: string, purpose: "deploy" | "preview" | "clean"): string =>
  dnsLabel(`${prefix}-${purpose}`);

/** ARNs of what gives pods a role. */
interface PodArns {
  readonly role: pulumi.Input<string>;
  readonly association: pulumi.Input<string>;
}

/**
 * What a GitHub repository needs to deploy without a stored key: GitHub's OIDC provider in the account, a role for jobs
 * that deploy, a read-only role for previews, and a role for jobs that delete images if there are such jobs.
 *
 * The roles reach one repository in ECR and look up one cluster. They can't change the stack's own resources in AWS,
 * such as these roles or the pods' role: a person does that by hand. Rights in the cluster (EKS access entries) and on
 * Pulumi's state are given elsewhere.
 */
export class GithubIdentity extends pulumi.ComponentResource {
  /** ARN of the role for jobs that deploy. */
  readonly deployRole: pulumi.Output<string>;
  /** ARN of the read-only role. */
  readonly previewRole: pulumi.Output<string>;
  /** ARN of the role that deletes images. Undefined if no job may. */
  readonly cleanRole: pulumi.Output<string> | undefined;

  constructor(name: string, args: GithubIdentityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ping:index:GithubIdentity", name, {}, opts);
    // An account can have only one provider of an issuer.
    const provider = args.provider ?? this.makeProvider(name, args.partition);
    const deploy = this.makeRole(name, "deploy", args, provider, deployTrust);
    const preview = this.makeRole(name, "preview", args, provider, previewTrust);
    this.deployRole = deploy.arn;
    this.previewRole = preview.arn;
    this.cleanRole = args.clean && this.makeCleanRole(name, args, args.clean, provider);

    const made = args.provider === undefined ? provider : undefined;
    const own = pulumi
      .all([deploy.arn, preview.arn, pulumi.output(this.cleanRole), made, pulumi.output(args.pods)])
      .apply(([first, second, third, own, pods]) => ({
        roles: [first, second, ...(third === undefined ? [] : [third]), ...(pods ? [pods.role] : [])],
        provider: own,
        association: pods?.association,
      }));
    const json = (policy: object) => JSON.stringify(policy);
    new iam.RolePolicy(
      `${name}-deploy-policy`,
      {
        name: "deploy",
        role: deploy.name,
        policy: pulumi.output(args.targets).apply((reach) => json(deployPolicy(reach))),
      },
      { parent: this },
    );
    new iam.RolePolicy(
      `${name}-preview-policy`,
      {
        name: "preview",
        role: preview.name,
        policy: pulumi.all([args.targets, own]).apply(([reach, resources]) => json(previewPolicy(reach, resources))),
      },
      { parent: this },
    );
    this.registerOutputs({
      deployRole: this.deployRole,
      previewRole: this.previewRole,
      ...(this.cleanRole && { cleanRole: this.cleanRole }),
    });
  }

  private makeCleanRole(
    name: string,
    args: GithubIdentityArgs,
    clean: CleanConfig,
    provider: pulumi.Input<string>,
  ): pulumi.Output<string> {
    const role = this.makeRole(name, "clean", args, provider, (github) => cleanTrust(github, clean));
    new iam.RolePolicy(
      `${name}-clean-policy`,
      {
        name: "clean",
        role: role.name,
        policy: pulumi.output(args.targets).apply((reach) => JSON.stringify(cleanPolicy(reach))),
      },
      { parent: this },
    );
    return role.arn;
  }

  private makeProvider(name: string, partition: string): pulumi.Output<string> {
    const provider = new iam.OpenIdConnectProvider(
      `${name}-github`,
      { url: `https://${issuer}`, clientIdLists: [audience(partition)] },
      { parent: this },
    );
    return provider.arn;
  }

  private makeRole(
    name: string,
    purpose: Parameters<typeof roleName>[1],
    { prefix, github, partition }: GithubIdentityArgs,
    provider: pulumi.Input<string>,
    trust: (github: GithubConfig) => Trust,
  ): iam.Role {
    return new iam.Role(
      `${name}-${purpose}-role`,
      {
        name: pulumi.output(prefix).apply((text) => roleName(text, purpose)),
        assumeRolePolicy: pulumi
          .all([provider, github])
          .apply(([arn, config]) => JSON.stringify(trustPolicy(arn, partition, trust(config)))),
      },
      { parent: this },
    );
  }
}
