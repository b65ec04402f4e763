import * as eks from "@pulumi/aws/eks";
import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import { type AwsAccount, dnsLabel, type Plain } from "../../common";
import type { Config, Egress } from "../config";

/** The EKS Pod Identity Agent on each node, by the addresses that EKS gives it for IPv4 and for IPv6. */
export const podIdentityAgent: readonly Egress[] = ["169.254.170.23/32", "fd00:ec2::23/128"].map((cidr) => ({
  cidr,
  ports: [80],
}));

/** The ServiceAccount whose pods get the role. */
interface PodServiceAccount {
  /** Name of its namespace. */
  readonly namespace: string;
  /** Its name. */
  readonly serviceAccount: string;
}

/**
 * Registers the IAM role of the pods, by EKS Pod Identity. A stack whose config doesn't ask for the role gets none.
 */
export function podRole(
  name: string,
  { podRole: config, cluster }: Pick<Config, "podRole" | "cluster">,
  pods: PodServiceAccount,
  account: AwsAccount | undefined,
): PodIdentity | undefined {
  // The config allows `podRole` only with EKS, and a stack with EKS has an account.
  if (config === undefined || account === undefined || !("eks" in cluster)) {
    return undefined;
  }
  const { partition, region, id } = account;
  return new PodIdentity(name, {
    role: dnsLabel(`${name}-${pulumi.getStack()}-pods`),
    policies: config.policies,
    cluster: { name: cluster.eks.name, arn: `arn:${partition}:eks:${region}:${id}:cluster/${cluster.eks.name}` },
    ...pods,
  });
}

/** Arguments of a {@link PodIdentity}. */
interface PodIdentityArgs {
  /** Name of the role. Unique in the account. */
  readonly role: pulumi.Input<string>;
  /** ARNs of the policies that the role gets. */
  readonly policies: Plain<readonly string[]>;
  /** The EKS cluster, with the Pod Identity Agent on its nodes. */
  readonly cluster: pulumi.Input<{ readonly name: string; readonly arn: string }>;
  /** Name of the pods' namespace, which needn't exist yet. */
  readonly namespace: pulumi.Input<string>;
  /** Name of the pods' ServiceAccount, which needn't exist yet. */
  readonly serviceAccount: pulumi.Input<string>;
}

/**
 * An IAM role for the pods of a ServiceAccount, by EKS Pod Identity. EKS adds the credentials to a pod when the pod is
 * created, with a token volume of its own: a pod without a token for the API server gets them too. A pod that existed
 * before the role has none.
 */
export class PodIdentity extends pulumi.ComponentResource {
  /** ARN of the role. Known once pods that are created get the role with all its policies. */
  readonly role: pulumi.Output<string>;
  /** ARN of the association between ServiceAccount and role. */
  readonly association: pulumi.Output<string>;

  constructor(name: string, args: PodIdentityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ping:index:PodIdentity", name, {}, opts);
    const { policies, namespace, serviceAccount } = args;
    const cluster = pulumi.output(args.cluster);
    const role = new iam.Role(
      `${name}-pod-role`,
      {
        name: args.role,
        assumeRolePolicy: pulumi
          .all([cluster.arn, namespace, serviceAccount])
          .apply((pods) =>
            JSON.stringify(podTrustPolicy({ cluster: pods[0], namespace: pods[1], serviceAccount: pods[2] })),
          ),
      },
      { parent: this },
    );
    const attachments = policies.map(
      (policyArn) =>
        // Named by the policy, so that another order of the list changes nothing.
        new iam.RolePolicyAttachment(
          `${name}-pod-policy-${policyArn.split("::")[1] ?? policyArn}`,
          { role: role.name, policyArn },
          { parent: this },
        ),
    );
    const association = new eks.PodIdentityAssociation(
      `${name}-pod-identity`,
      { clusterName: cluster.name, namespace, serviceAccount, roleArn: role.arn },
      { parent: this, dependsOn: attachments },
    );
    this.role = association.roleArn;
    this.association = association.associationArn;
    this.registerOutputs({ role: this.role });
  }
}

/**
 * Lets EKS give a role to these pods alone. EKS sends the tags when it takes on the role, and no workload can choose
 * them (EKS user guide, "Create IAM role with trust policy required by EKS Pod Identity").
 */
export function podTrustPolicy({
  cluster,
  namespace,
  serviceAccount,
}: PodServiceAccount & { readonly cluster: string }) {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "pods.eks.amazonaws.com" },
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Condition: {
          StringEquals: {
            "aws:RequestTag/eks-cluster-arn": cluster,
            "aws:RequestTag/kubernetes-namespace": namespace,
            "aws:RequestTag/kubernetes-service-account": serviceAccount,
          },
        },
      },
    ],
  };
}
