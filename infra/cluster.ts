import { Provider } from "@pulumi/kubernetes/provider";
import { Failure } from "./failure";
import { findApiServer, kubeconfigFiles } from "./kubeconfig";
import { connect, isProxied } from "./reach";

/**
 * A provider for the cluster behind a context of the kubeconfig (`KUBECONFIG`, or `~/.kube/config`).
 *
 * A preview passes with a cluster that isn't there, so that is found out here, before anything is built.
 *
 * @throws Failure where the context doesn't exist, naming those that do, or its API server can't be reached.
 */
export async function contextCluster(context: string): Promise<Provider> {
  const { server, "proxy-url": proxy } = findApiServer(context, kubeconfigFiles(process.env));
  const url = new URL(server.includes("://") ? server : `https://${server}`);
  const failure = proxy === undefined && !isProxied(url, process.env) ? await connect(url) : undefined;
  if (failure !== undefined) {
    throw new Failure(
      `the API server of the context ${context}, ${server}, can't be reached: ${failure}. ` +
        "Start the cluster, or choose another context with pulumi config set --path cluster.context NAME.",
    );
  }
  return new Provider("cluster", {
    context,
    // Left out, it would be the value of KUBECONFIG: a path of this machine in the state, different on the next one, and a
    // list of files the plugin can't read. The plugin looks that up by itself.
    kubeconfig: "",
    // Without it, a new endpoint or authority would replace the provider and with it everything in the cluster
    // (pulumi/pulumi-kubernetes#1148, #2745).
    clusterIdentifier: context,
    enableServerSideApply: true,
    // The program owns what it sets. Otherwise `up --refresh` would stop at what someone has changed by hand, and every
    // update after one that was killed at what that one had created: both own the fields under another name.
    enablePatchForce: true,
  });
}
