import { closeSync, existsSync, mkdirSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../ground/run";
import { endGroup, type Group, initOf, startGroup } from "../ground/group";
import { kubeconfig } from "../ground/paths";
import { until, whileProgress } from "../ground/until";
import { type ClusterNode, inNodeDirectory } from "../network/cluster-node";
import { networkNamespace } from "../network/network";
import { buildBinaries } from "../toolchain/build-binaries";
import { commandDirectory } from "../toolchain/plugins";
import { group as machine } from "./machine";
import { removeNodeCgroup } from "./node/cgroup";

const log = (node: ClusterNode, name: string) => inNodeDirectory(node, "logs", `${name}.log`);

/** A node's processes, below nsenter and unshare. */
const groupOf = (node: ClusterNode): Group => ({
  absence: `the sandbox has no node ${node.name}`,
  pidFile: inNodeDirectory(node, "pid"),
  log: log(node, "supervisor"),
  around: 2,
});

const kubectl = [join(commandDirectory, "kubectl"), "--kubeconfig", kubeconfig] as const;

/**
 * Adds a node to the running sandbox and waits until it is ready for pods. It ends with the sandbox, at the latest.
 * @throws Failure naming what did not come up, with the end of its log; nothing of the node is left then.
 */
export async function addNode(node: ClusterNode, signal: AbortSignal): Promise<void> {
  // One that a run left when it was killed.
  await removeNode(node);
  const path = [...(await buildBinaries(signal)), process.env["PATH"]].join(":");
  const wait = [...kubectl, "wait", `node/${node.name}`, "--for=condition=Ready", "--timeout=5s"] as const;
  const patience = whileProgress(groupOf(node), log(node, "kubelet"));
  try {
    startNode(node, path);
    await until(`the node ${node.name}`, () => run(wait, { signal }), patience, signal);
  } catch (error) {
    await removeNode(node);
    throw error;
  }
}

function startNode(node: ClusterNode, PATH: string): void {
  const init = String(initOf(machine).pid);
  mkdirSync(inNodeDirectory(node, "logs"), { recursive: true });
  // Seen through the sandbox's first process: the machine doesn't see this mount.
  const network = openSync(join("/proc", init, "root", networkNamespace), "r");
  const supervisor = [
    process.execPath,
    "--require",
    require.resolve("tsx/cjs"),
    join(__dirname, "node/node-supervisor.ts"),
  ];
  const namespaces = ["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const shell = ["/bin/sh", "-c", '"$@"; exit $?', node.name];
  const inSandbox = ["nsenter", `--target=${init}`, "--pid"] as const;
  try {
    startGroup(groupOf(node), [...inSandbox, "unshare", ...namespaces, ...shell, ...supervisor, node.name], {
      env: { ...process.env, PATH },
      shared: network,
    });
  } finally {
    closeSync(network);
  }
}

/**
 * The arguments that run a command where an added node's processes are.
 * @throws Failure when it isn't there.
 */
export function inAddedNode(node: ClusterNode, argv: readonly string[]): [string, ...string[]] {
  return ["nsenter", `--target=${String(initOf(groupOf(node)).pid)}`, "--mount", "--pid", "--net", "--wd=/", ...argv];
}

/** Takes a node out of the cluster as a power cut does, with the pods on it. Does nothing when there is none. */
export async function removeNode(node: ClusterNode): Promise<void> {
  if (!existsSync(inNodeDirectory(node))) {
    return;
  }
  await endGroup(groupOf(node));
  const onNode = ["--all-namespaces", `--field-selector=spec.nodeName=${node.name}`];
  await run([...kubectl, "delete", "node", node.name, "--ignore-not-found"]);
  await run([...kubectl, "delete", "pods", ...onNode, "--force", "--grace-period=0"]);
  removeNodeCgroup(node);
  rmSync(inNodeDirectory(node), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
