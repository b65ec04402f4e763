import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../../common";
import { command } from "../ground/command";
import { kubeconfig } from "../ground/paths";
import { findProcess, formatProcess, isRunning, type Process, readProcess } from "../ground/process";
import { until } from "../ground/until";
import { type ClusterNode, inNodeDirectory } from "../network/cluster-node";
import { networkNamespace } from "../network/network";
import { buildBinaries } from "../toolchain/build-binaries";
import { commandDirectory } from "../toolchain/plugins";
import { firstChild, sandboxInit } from "./machine";
import { removeNodeCgroup } from "./node/cgroup";

/** Remembers a node's outermost process. */
const pidFile = (node: ClusterNode) => inNodeDirectory(node, "pid");
const log = (node: ClusterNode, name: string) => inNodeDirectory(node, "logs", `${name}.log`);

const kubectl = [join(commandDirectory, "kubectl"), "--kubeconfig", kubeconfig] as const;

/**
 * Adds a node to the running sandbox and waits until it is ready for pods. It ends with the sandbox, at the latest.
 * @throws Failure naming what did not come up, with the end of its log; nothing of the node is left then.
 */
export async function addNode(node: ClusterNode, signal: AbortSignal): Promise<void> {
  // One that a run left when it was killed.
  await removeNode(node);
  startNode(node, [...(await buildBinaries(signal)), process.env["PATH"]].join(":"));
  const wait = [...kubectl, "wait", `node/${node.name}`, "--for=condition=Ready", "--timeout=5s"] as const;
  const group = { pidFile: pidFile(node), log: log(node, "supervisor") };
  try {
    await until(`the node ${node.name}`, () => command(wait, { signal }), { group, log: log(node, "kubelet"), signal });
  } catch (error) {
    await removeNode(node);
    throw error;
  }
}

function startNode(node: ClusterNode, PATH: string): void {
  mkdirSync(inNodeDirectory(node, "logs"), { recursive: true });
  const output = openSync(log(node, "supervisor"), "a");
  const init = String(sandboxInit().pid);
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
  const child = spawn(
    "nsenter",
    [`--target=${init}`, "--pid", "unshare", ...namespaces, ...shell, ...supervisor, node.name],
    { detached: true, stdio: ["ignore", output, output, network], cwd: "/", env: { ...process.env, PATH } },
  );
  closeSync(output);
  closeSync(network);
  const outer = child.pid === undefined ? undefined : findProcess(child.pid);
  if (outer === undefined) {
    throw new Failure("nsenter could not be started");
  }
  writeFileSync(pidFile(node), formatProcess(outer));
  child.unref();
}

/** A node's first process in its own namespaces, below nsenter and unshare: its end is the end of all the others. */
function nodeInit(outer: Process): Process | undefined {
  const unshare = firstChild(outer);
  return unshare && firstChild(unshare);
}

/**
 * The arguments that run a command where an added node's processes are.
 * @throws Failure when it isn't there.
 */
export function inAddedNode(node: ClusterNode, argv: readonly string[]): [string, ...string[]] {
  const outer = readProcess(pidFile(node));
  const init = outer && nodeInit(outer);
  if (init === undefined) {
    throw new Failure(`the sandbox has no node ${node.name}`);
  }
  return ["nsenter", `--target=${String(init.pid)}`, "--mount", "--pid", "--net", "--wd=/", ...argv];
}

/** Takes a node out of the cluster as a power cut does, with the pods on it. Does nothing when there is none. */
export async function removeNode(node: ClusterNode): Promise<void> {
  if (!existsSync(inNodeDirectory(node))) {
    return;
  }
  const outer = readProcess(pidFile(node));
  if (outer !== undefined) {
    process.kill((nodeInit(outer) ?? outer).pid, "SIGKILL");
    while (isRunning(outer)) {
      await sleep(20);
    }
  }
  const onNode = ["--all-namespaces", `--field-selector=spec.nodeName=${node.name}`];
  await command([...kubectl, "delete", "node", node.name, "--ignore-not-found"]);
  await command([...kubectl, "delete", "pods", ...onNode, "--force", "--grace-period=0"]);
  removeNodeCgroup(node);
  rmSync(inNodeDirectory(node), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
