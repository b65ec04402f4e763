import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import { dnsLabel } from "../base";
import type { GithubConfig } from "../config";
import { deployPolicy, previewPolicy, type Targets } from "./role-policies";
import { audience, deployTrust, issuer, previewTrust, type Trust, trustPolicy } from "./trust-policy";

/** Arguments of a {@link GithubIdentity}. */
export interface GithubIdentityArgs {
  /** First part of the roles' names. Unique in the account. */
  readonly prefix: pulumi.Input<string>;
  /** The GitHub repository and which of its jobs may deploy. */
  readonly github: pulumi.Input<GithubConfig>;
  /** ARN of GitHub's OIDC provider, undefined to make it. Plain, because it decides which resources there are. */
  readonly provider: string | undefined;
  /** Partition of the account. */
  readonly partition: string;
  /** What the roles may reach. */
  readonly targets: pulumi.Input<Targets>;
  /** The role of the pods and its association, as ARNs, which the role for previews reads. Undefined if they have none. */
  readonly pods: PodArns | undefined;
}

/** ARNs of what gives pods a role. */
export interface PodArns {
  readonly role: pulumi.Input<string>;
  readonly association: pulumi.Input<string>;
}

/**
 * What a GitHub repository needs to deploy without a stored key: GitHub's OIDC provider in the account, a role for jobs
 * that deploy, and a read-only role for previews.
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

  constructor(name: string, args: GithubIdentityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ping:index:GithubIdentity", name, {}, opts);
    // An account can have only one provider of an issuer.
    const provider = args.provider ?? this.makeProvider(name, args.partition);
    const deploy = this.makeRole(name, "deploy", args, provider, deployTrust);
    const preview = this.makeRole(name, "preview", args, provider, previewTrust);
    this.deployRole = deploy.arn;
    this.previewRole = preview.arn;

    const made = args.provider === undefined ? provider : undefined;
    const own = pulumi
      .all([deploy.arn, preview.arn, made, pulumi.output(args.pods)])
      .apply(([first, second, third, pods]) => ({
        roles: [first, second, ...(pods ? [pods.role] : [])],
        provider: third,
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
    this.registerOutputs({ deployRole: this.deployRole, previewRole: this.previewRole });
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
    purpose: string,
    { prefix, github, partition }: GithubIdentityArgs,
    provider: pulumi.Input<string>,
    trust: (github: GithubConfig) => Trust,
  ): iam.Role {
    return new iam.Role(
      `${name}-${purpose}-role`,
      {
        name: pulumi.output(prefix).apply((text) => dnsLabel(`${text}-${purpose}`)),
        assumeRolePolicy: pulumi
          .all([provider, github])
          .apply(([arn, config]) => JSON.stringify(trustPolicy(arn, partition, trust(config)))),
      },
      { parent: this },
    );
  }
}
