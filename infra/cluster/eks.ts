import * as eks from "@pulumi/aws/eks";
import { Failure, reasonOf } from "../base";
import type { EksConfig } from "../config";

/** An EKS cluster, as far as a client needs to know it. */
export interface EksCluster {
  readonly name: string;
  readonly arn: string;
  /** URL of the API server. */
  readonly endpoint: string;
  /** Its authority's certificate, in base64. */
  readonly authority: string;
}

/**
 * Looks up a cluster by name.
 *
 * @throws Failure where there is none, naming those that are visible, or it isn't ready.
 */
export async function findEksCluster(name: string): Promise<EksCluster> {
  const found = await eks.getCluster({ name }).catch(async (error: unknown) => {
    throw new Failure(
      `the EKS cluster ${name} can't be found: ${reasonOf(error)}. ${await visibleClusters()} ` +
        "Choose one with pulumi config set --path cluster.eks.name NAME, or another aws:region.",
    );
  });
  const { arn, endpoint, status, certificateAuthorities } = found;
  const authority = certificateAuthorities[0]?.data;
  if (!endpoint || !authority) {
    throw new Failure(`the EKS cluster ${name} isn't ready: it is ${status} and has no API server yet.`);
  }
  return { name, arn, endpoint, authority };
}

async function visibleClusters(): Promise<string> {
  try {
    const { names } = await eks.getClusters();
    return `Visible in this account and region: ${names.join(", ") || "none"}.`;
  } catch (error) {
    return `Which there are can't be told (eks:ListClusters): ${reasonOf(error)}.`;
  }
}

/**
 * A kubeconfig with which every client asks the AWS CLI for a token, valid for 15 minutes, whenever it needs one: there
 * is no secret in it. It is what `aws eks update-kubeconfig` writes.
 */
export function eksKubeconfig({ name, arn, endpoint, authority }: EksCluster, { profile, role }: EksConfig): string {
  const region = arn.split(":")[3] ?? "";
  const token = ["--region", region, "eks", "get-token", "--cluster-name", name, "--output", "json"];
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: arn, cluster: { server: endpoint, "certificate-authority-data": authority } }],
    users: [
      {
        name: arn,
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1beta1",
            command: "aws",
            args: role === undefined ? token : [...token, "--role-arn", role],
            env: profile === undefined ? [] : [{ name: "AWS_PROFILE", value: profile }],
            interactiveMode: "Never",
          },
        },
      },
    ],
    contexts: [{ name: arn, context: { cluster: arn, user: arn } }],
    "current-context": arn,
  });
}
