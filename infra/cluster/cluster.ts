import { Provider, type ProviderArgs } from "@pulumi/kubernetes/provider";
import * as pulumi from "@pulumi/pulumi";
import { type ClusterConfig, stackOutput } from "../config";
import type * as Eks from "./eks";
import { connect, Failure, isProxied } from "../base";
import { findApiServer, findCurrentApiServer, kubeconfigFiles, type ApiServer } from "./kubeconfig";

/**
 * A provider for the cluster that a stack runs on. A preview passes with a cluster that isn't there, so that is found out
 * here, before anything is built.
 *
 * @throws Failure where the cluster doesn't exist, naming those that do, or its API server can't be reached.
 */
export async function clusterProvider(config: ClusterConfig): Promise<Provider> {
  const args = await providerArgs(config);
  return new Provider("cluster", {
    ...args,
    enableServerSideApply: true,
    // The program owns what it sets: `up --refresh` takes back what somebody has changed by hand, and doesn't stop there.
    enablePatchForce: true,
    // Not `upsertExistingObjects`: a new stack would take over, and later delete, objects of the same names that are
    // somebody else's. After an update that was killed, its user sets that for one update (docs/faults.md).
  });
}

/**
 * Without a clusterIdentifier, a changed endpoint or CA makes Pulumi replace the provider and everything in the cluster
 * (pulumi/pulumi-kubernetes#1148, #2745).
 */
async function providerArgs(config: ClusterConfig): Promise<ProviderArgs & { readonly clusterIdentifier: string }> {
  if ("context" in config) {
    const { context } = config;
    await checkReach(
      `the context ${context}`,
      findApiServer(context, kubeconfigFiles(process.env)),
      "choose another context with pulumi config set --path cluster.context NAME",
    );
    // Left out, the kubeconfig would be the value of KUBECONFIG: a path of this machine in the state, different on the
    // next one, and a list of files the plugin can't read. The plugin looks that up by itself.
    return { context, kubeconfig: "", clusterIdentifier: context };
  }
  if ("eks" in config) {
    // A stack without EKS doesn't load the AWS SDK.
    const { findEksCluster, eksKubeconfig } = require("./eks") as typeof Eks;
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
  // A kubeconfig may hold a key, whether or not its stack calls it a secret.
  return { kubeconfig: pulumi.secret(text), clusterIdentifier: config.stack };
}

async function checkReach(what: string, { server, "proxy-url": proxy }: ApiServer, advice: string): Promise<void> {
  const url = new URL(server.includes("://") ? server : `https://${server}`);
  const failure = proxy === undefined && !isProxied(url, process.env) ? await connect(url) : undefined;
  if (failure !== undefined) {
    throw new Failure(
      `the API server of ${what}, ${server}, can't be reached: ${failure}. Start the cluster, or ${advice}.`,
    );
  }
}
