import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { engineFiles } from "../../sandbox/docker-engine/place";
import { onEngine } from "./on-engine";

/** However slow the machine is: by default, what is not up after a minute has failed. */
const patience = {
  kind: "InitConfiguration",
  apiVersion: "kubeadm.k8s.io/v1beta4",
  timeouts: {
    controlPlaneComponentHealthCheck: "15m",
    kubeletHealthCheck: "15m",
    kubernetesAPICall: "15m",
    tlsBootstrap: "15m",
  },
};

/** Makes a user's kind cluster beside a registry, as https://kind.sigs.k8s.io/docs/user/local-registry says. */
export async function makeOwnCluster(): Promise<void> {
  await onEngine("docker", "run", "--detach", "--publish", "127.0.0.1:5001:5000", "--name", "registry", "registry:3");
  const configuration = join(engineFiles.home, "kind.json");
  const patches = [JSON.stringify(patience)];
  const cluster = { kind: "Cluster", apiVersion: "kind.x-k8s.io/v1alpha4", kubeadmConfigPatches: patches };
  writeFileSync(configuration, JSON.stringify(cluster));
  await onEngine("kind", "create", "cluster", "--config", configuration);
  const write = 'mkdir -p "$0" && echo "$1" > "$0/hosts.toml"';
  const hosts = ["/etc/containerd/certs.d/localhost:5001", '[host."http://registry:5000"]'];
  await onEngine("docker", "exec", "kind-control-plane", "sh", "-c", write, ...hosts);
  await onEngine("docker", "network", "connect", "kind", "registry");
}

/** Removes them, and the network that kind made. */
export async function removeOwnCluster(): Promise<void> {
  await onEngine("kind", "delete", "cluster");
  await onEngine("docker", "rm", "--force", "--volumes", "registry");
  await onEngine("docker", "network", "rm", "kind");
}

/** Of the user `ping` of the registry with a password. */
export const password = "hush-hush";

/** Starts the registry `locked` at localhost:5002. */
export async function makePasswordRegistry(): Promise<void> {
  const directory = join(engineFiles.home, "locked");
  mkdirSync(directory);
  // bcrypt, the one form that the registry takes; nothing here can make it.
  const users = "ping:$2a$04$XeAP48JxI5NzU1pp2YXAOOUXFXervnQqCEXiqyS3U6WPujuoHhzZu\n";
  writeFileSync(join(directory, "users"), users);
  const settings = ["REGISTRY_AUTH_HTPASSWD_REALM=locked", "REGISTRY_AUTH_HTPASSWD_PATH=/locked/users"];
  await onEngine(
    ...["docker", "run", "--detach", "--publish", "127.0.0.1:5002:5000", "--name", "locked"],
    ...["--volume", `${directory}:/locked:ro`, ...settings.flatMap((setting) => ["--env", setting]), "registry:3"],
  );
}
