import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { dirname, join } from "node:path";
import { Failure } from "../../../common";
import { run } from "../ground/run";
import { endGroup, type Group, initOf, startGroup } from "../ground/group";
import { inSandboxDirectory, kubeconfig, ports, sandboxDirectory } from "../ground/paths";
import { readProcess } from "../ground/process";
import { step } from "../ground/progress";
import { until, whileProgress } from "../ground/until";
import { firstNode } from "../network/cluster-node";
import { networkNamespace } from "../network/network";
import { createPki, pki } from "../network/pki";
import { files, sockets } from "../network/sockets";
import { configurations } from "./control-plane/daemons";
import { pushImages } from "./control-plane/push-images";
import { chooseCgroup, removeCgroup } from "./node/cgroup";

/** Exists once the sandbox can be used. */
const readyFile = inSandboxDirectory("ready");

/** The sandbox's processes: unshare's first one is the first in its PID and mount namespaces. */
export const group: Group = {
  absence: "the sandbox is down: npm start brings it up",
  pidFile: inSandboxDirectory("pid"),
  log: inSandboxDirectory("logs", "supervisor.log"),
  around: 1,
};

/** Whether the sandbox is up and was brought up completely. */
export function isUp(): boolean {
  return readProcess(group.pidFile) !== undefined && existsSync(readyFile);
}

/**
 * The arguments that run a command in the sandbox's PID and mount namespaces, on the machine's network: it ends when the
 * sandbox does.
 * @throws Failure when the sandbox is down.
 */
export function inSandbox(argv: readonly string[]): [string, ...string[]] {
  return ["nsenter", `--target=${String(initOf(group).pid)}`, "--mount", "--pid", "--wd=/", ...argv];
}

/**
 * The arguments that run a command where the first node's processes are: in the sandbox's PID, mount and network
 * namespaces.
 * @throws Failure when the sandbox is down.
 */
export function inNode(argv: readonly string[]): [string, ...string[]] {
  return inSandbox(["nsenter", `--net=${networkNamespace}`, ...argv]);
}

function startMachine(): void {
  for (const directory of ["pki", "logs", "registry"]) {
    mkdirSync(inSandboxDirectory(directory), { recursive: true });
  }
  createPki();
  chooseCgroup();
  for (const [file, text] of Object.entries(configurations())) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: text.startsWith("#!") ? 0o755 : 0o644 });
  }
  const supervisor = [
    process.execPath,
    "--require",
    require.resolve("tsx/cjs"),
    join(__dirname, "control-plane/supervisor.ts"),
  ];
  // A shell that stays is the first process in there: unlike Node.js, it reaps what containers leave behind.
  const init = ["/bin/sh", "-c", '"$@"; exit $?', "sandbox", ...supervisor];
  const namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  startGroup(group, ["unshare", ...namespaces, ...init]);
}

/** The log of one of its daemons. */
export const logOf = (daemon: string) => inSandboxDirectory("logs", `${daemon}.log`);

async function imagesPushed(signal: AbortSignal): Promise<void> {
  const registry = `http://127.0.0.1:${String(ports.registry)}/v2/`;
  await until("the registry", () => fetch(registry), whileProgress(group, logOf("registry")), signal);
  const buildctl = ["buildctl", "--addr", `unix://${sockets.buildkit}`, "debug", "workers"] as const;
  await until("BuildKit", () => run(buildctl, { signal }), whileProgress(group, logOf("buildkitd")), signal);
  await pushImages(signal);
}

/** Asks the API server, without a process for each question: those would take half a core from what is starting. */
function apiServerReady(signal: AbortSignal): Promise<void> {
  const options = { ca: readFileSync(pki.ca), timeout: 10_000, signal };
  return new Promise((resolve, reject) => {
    const request = get(`https://127.0.0.1:${String(ports.apiServer)}/readyz`, options, (response) => {
      response.resume();
      if (response.statusCode === 200) {
        resolve();
      } else {
        reject(new Failure(`/readyz answers ${String(response.statusCode)}`));
      }
    });
    request.on("timeout", () => request.destroy(new Failure("/readyz does not answer")));
    request.on("error", reject);
  });
}

async function nodeReady(signal: AbortSignal): Promise<void> {
  const kubectl = ["kubectl", "--kubeconfig", kubeconfig] as const;
  await until("the API server", () => apiServerReady(signal), whileProgress(group, logOf("kube-apiserver")), signal);
  const apply = [...kubectl, "apply", "--filename", files.objects] as const;
  // It fails for as long as a busy API server takes longer than a client's own time limits.
  const applied = () => run(apply, { signal });
  await until("what the cluster has from its start", applied, whileProgress(group, logOf("kube-apiserver")), signal);
  const wait = [...kubectl, "wait", `node/${firstNode.name}`, "--for=condition=Ready", "--timeout=5s"] as const;
  await until("the node", () => run(wait, { signal }), whileProgress(group, logOf("kubelet")), signal);
}

/**
 * Brings the machine up: registry, BuildKit and a one-node cluster.
 * @throws Failure naming what did not come up, with the end of its log.
 */
export async function bringUp(signal: AbortSignal): Promise<void> {
  mkdirSync(sandboxDirectory, { recursive: true, mode: 0o700 });
  await step("starting the registry, BuildKit and Kubernetes", async () => {
    startMachine();
    await Promise.all([imagesPushed(signal), nodeReady(signal)]);
  });
}

/** Says that everything is there: until then the sandbox counts as down. */
export function markUp(): void {
  writeFileSync(readyFile, "");
}

/** Ends every process of the machine and removes what it left. Does nothing when there is none. */
export async function tearDown(): Promise<void> {
  await endGroup(group);
  removeCgroup();
  rmSync(sandboxDirectory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
