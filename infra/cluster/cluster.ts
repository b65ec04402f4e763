import { Provider } from "@pulumi/kubernetes/provider";
import * as pulumi from "@pulumi/pulumi";
import { connect, Failure, isProxied } from "../../common";
import { type ClusterConfig, stackOutput } from "../config";
import { eksKubeconfig, findEksCluster } from "./eks";
import { type ApiServer, findApiServer, findCurrentApiServer, kubeconfigFiles, serverUrl } from "./kubeconfig";

/** How the Kubernetes provider finds a cluster. */
export interface Cluster {
  /** Text of the kubeconfig; empty to let the provider read the files that KUBECONFIG names. */
  readonly kubeconfig: pulumi.Input<string>;
  /** Context in the kubeconfig. By default its current one. */
  readonly context?: string;
  /**
   * What tells this cluster from another. Without it, a changed endpoint or CA makes Pulumi replace the provider and
   * everything in the cluster (pulumi/pulumi-kubernetes#1148, #2745).
   */
  readonly clusterIdentifier: string;
}

/** Registers the Kubernetes provider of a cluster. */
export function clusterProvider(cluster: Cluster): Provider {
  return new Provider("cluster", {
    ...cluster,
    enableServerSideApply: true,
    // The program owns the fields that it sets: `up --refresh` takes back what somebody changed by hand.
    enablePatchForce: true,
    // A changed Secret of a fixed name would otherwise be deleted and made again, and be missing in between.
    enableSecretMutable: true,
    // `upsertExistingObjects` stays off. With it, a new stack would take over objects of the same names, and later
    // delete them. After a killed update, its user sets it for one update (docs/faults.md).
  });
}

/**
 * Finds the cluster that a stack runs on. A preview would pass with a cluster that isn't there, so this connects to the
 * API server before anything is built.
 *
 * @throws Failure if the cluster doesn't exist, naming those that do, or if its API server can't be reached.
 */
export async function findCluster(config: ClusterConfig): Promise<Cluster> {
  if ("context" in config) {
    const { context } = config;
    await checkReach(
      `the context ${context}`,
      findApiServer(context, kubeconfigFiles(process.env)),
      "choose another context with pulumi config set --path cluster.context NAME",
    );
    // By default the SDK would send the value of KUBECONFIG. That is a path of this machine, which would differ in the
    // state of the next one, or a list of files, which the provider can't read. Empty, the provider reads KUBECONFIG
    // itself.
    return { context, kubeconfig: "", clusterIdentifier: context };
  }
  if ("eks" in config) {
    const cluster = await findEksCluster(config.eks.name);
    await checkReach(
      `the EKS cluster ${cluster.name}`,
      { server: cluster.endpoint },
      "let this machine's address in (its endpoint may be private)",
    );
    return { kubeconfig: eksKubeconfig(cluster, config.eks), clusterIdentifier: cluster.arn };
  }
  const { value } = await stackOutput("cluster", config.stack, "kubeconfig");
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const source = `the output kubeconfig of stack ${config.stack}`;
  await checkReach(source, findCurrentApiServer(text, source), "deploy that stack again");
  // A kubeconfig may hold a key, also if its stack doesn't mark the output as a secret.
  return { kubeconfig: pulumi.secret(text), clusterIdentifier: config.stack };
}

async function checkReach(what: string, { server, "proxy-url": proxy }: ApiServer, advice: string): Promise<void> {
  const url = new URL(serverUrl(server));
  const failure = proxy === undefined && !isProxied(url, process.env) ? await connect(url) : undefined;
  if (failure !== undefined) {
    throw new Failure(
      `the API server of ${what}, ${server}, can't be reached: ${failure}. Start the cluster, or ${advice}.`,
    );
  }
}
