import * as eks from "@pulumi/aws/eks";
import { Failure, reasonOf } from "../../common";
import type { EksConfig } from "../config";

/** What a client needs to know of an EKS cluster. */
interface EksCluster {
  readonly name: string;
  readonly arn: string;
  /** URL of the API server. */
  readonly endpoint: string;
  /** Certificate of the API server's authority, in base64. */
  readonly authority: string;
}

/**
 * Looks up a cluster by name.
 *
 * @throws Failure if the cluster doesn't exist, naming the visible ones, or if it isn't ready.
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
    return `The existing clusters can't be listed (eks:ListClusters): ${reasonOf(error)}.`;
  }
}

/**
 * A kubeconfig as `aws eks update-kubeconfig` writes it. It holds no secret: each client asks the AWS CLI for a token,
 * which is valid for 15 minutes.
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
