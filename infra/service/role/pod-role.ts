import * as pulumi from "@pulumi/pulumi";
import { type AwsAccount, dnsLabel } from "../../../common";
import type { Config, Egress } from "../../config";
import type * as Identity from "./pod-identity";

/** The ServiceAccount whose pods get the role. */
export interface PodAccount {
  /** Name of its namespace. */
  readonly namespace: string;
  /** Its name. */
  readonly serviceAccount: string;
}

/** The EKS Pod Identity Agent on each node, by the addresses that EKS gives it for IPv4 and for IPv6. */
export const podIdentityAgent: readonly Egress[] = ["169.254.170.23/32", "fd00:ec2::23/128"].map((cidr) => ({
  cidr,
  ports: [80],
}));

/**
 * Registers the IAM role of the pods, by EKS Pod Identity. A stack whose config doesn't ask for the role gets none.
 */
export function podRole(
  name: string,
  { podRole: config, cluster }: Pick<Config, "podRole" | "cluster">,
  pods: PodAccount,
  account: AwsAccount | undefined,
): Identity.PodIdentity | undefined {
  // The config allows `podRole` only with EKS, and a stack with EKS has an account.
  if (config === undefined || account === undefined || !("eks" in cluster)) {
    return undefined;
  }
  // Loaded here, so that a stack without a role doesn't load the AWS SDK.
  const { PodIdentity } = require("./pod-identity") as typeof Identity;
  const { partition, region, id } = account;
  return new PodIdentity(name, {
    role: dnsLabel(`${name}-${pulumi.getStack()}-pods`),
    policies: config.policies,
    cluster: { name: cluster.eks.name, arn: `arn:${partition}:eks:${region}:${id}:cluster/${cluster.eks.name}` },
    ...pods,
  });
}
