import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import type { GithubConfig } from "../config";
import {
  deployPolicy,
  deploySubjects,
  issuer,
  previewPolicy,
  previewSubjects,
  type Targets,
  trustPolicy,
} from "./role-policies";
import { dnsLabel } from "../base";

/** Arguments of a {@link GithubIdentity}. */
export interface GithubIdentityArgs {
  /** What the names of the roles start with: unique in the account. */
  readonly prefix: pulumi.Input<string>;
  /** The GitHub repository and which of its jobs may deploy. */
  readonly github: pulumi.Input<GithubConfig>;
  /** ARN of GitHub's OIDC provider in the account; nothing to make it. Plain, as it decides which resources there are. */
  readonly provider: string | undefined;
  /** What the roles may reach. */
  readonly targets: pulumi.Input<Targets>;
}

/**
 * What a GitHub repository needs to deploy with no key stored anywhere: GitHub's OIDC provider in the account, a role for
 * the jobs that deploy, and a read-only one for previews.
 *
 * The roles reach exactly one repository in ECR and may look up exactly one cluster. They can't change what this stack
 * has in AWS, themselves above all: whoever may does so by hand. What they may do inside the cluster is up to who looks
 * after it (EKS access entries), and so it is with Pulumi's state.
 */
export class GithubIdentity extends pulumi.ComponentResource {
  /** ARN of the role for jobs that deploy. */
  readonly deployRole: pulumi.Output<string>;
  /** ARN of the read-only role. */
  readonly previewRole: pulumi.Output<string>;

  constructor(name: string, args: GithubIdentityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ping:index:GithubIdentity", name, {}, opts);
    // One account has one provider for an issuer.
    const provider = args.provider ?? this.makeProvider(name);
    const deploy = this.makeRole(name, "deploy", args, provider, deploySubjects);
    const preview = this.makeRole(name, "preview", args, provider, previewSubjects);
    this.deployRole = deploy.arn;
    this.previewRole = preview.arn;

    const made = args.provider === undefined ? provider : undefined;
    const own = pulumi
      .all([deploy.arn, preview.arn, made])
      .apply(([first, second, third]) => ({ roles: [first, second], provider: third }));
    const json = (policy: object) => JSON.stringify(policy);
    const deployment = pulumi
      .all([args.targets, args.github])
      .apply(([found, { environments }]) => deployPolicy(found, environments.length > 1));
    new iam.RolePolicy(
      `${name}-deploy-policy`,
      { name: "deploy", role: deploy.name, policy: deployment.apply(json) },
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

  private makeProvider(name: string): pulumi.Output<string> {
    const provider = new iam.OpenIdConnectProvider(
      `${name}-github`,
      { url: `https://${issuer}`, clientIdLists: ["sts.amazonaws.com"] },
      { parent: this },
    );
    return provider.arn;
  }

  private makeRole(
    name: string,
    purpose: string,
    { prefix, github }: GithubIdentityArgs,
    provider: pulumi.Input<string>,
    subjects: (github: GithubConfig) => string[],
  ): iam.Role {
    return new iam.Role(
      `${name}-${purpose}-role`,
      {
        name: pulumi.output(prefix).apply((text) => dnsLabel(`${text}-${purpose}`)),
        assumeRolePolicy: pulumi
          .all([provider, github])
          .apply(([arn, config]) => JSON.stringify(trustPolicy(arn, subjects(config)))),
      },
      { parent: this },
    );
  }
}
