import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { dirname, join } from "node:path";
import { Failure } from "../../../common";
import { command } from "../ground/command";
import { inRun, kubeconfig, ports, run } from "../ground/paths";
import { findProcess, formatProcess, isRunning, type Process, readProcess } from "../ground/process";
import { step } from "../ground/progress";
import { until } from "../ground/until";
import { firstNode } from "../network/cluster-node";
import { networkNamespace } from "../network/network";
import { createPki, pki } from "../network/pki";
import { files, sockets } from "../network/sockets";
import { configurations } from "./control-plane/daemons";
import { pushImages } from "./control-plane/push-images";
import { chooseCgroup, removeCgroup } from "./node/cgroup";

/** Remembers the sandbox's outermost process. */
const pidFile = inRun("pid");
/** Exists once the sandbox can be used. */
const readyFile = inRun("ready");

/** Whether the sandbox is up and was brought up completely. */
export function isUp(): boolean {
  return readProcess(pidFile) !== undefined && existsSync(readyFile);
}

/** The first process that this one started and that still runs. */
export function firstChild({ pid }: Process): Process | undefined {
  const [child] = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, "utf8").split(" ");
  return findProcess(Number(child));
}

/**
 * The sandbox's first process in its own namespaces, as the machine sees it.
 * @throws Failure when the sandbox is down.
 */
export function sandboxInit(): Process {
  const outer = readProcess(pidFile);
  const init = outer && firstChild(outer);
  if (init === undefined) {
    throw new Failure("the sandbox is down: npm start brings it up");
  }
  return init;
}

/**
 * The arguments that run a command in the sandbox's PID and mount namespaces, on the machine's network: it ends when the
 * sandbox does.
 * @throws Failure when the sandbox is down.
 */
export function inSandbox(argv: readonly string[]): [string, ...string[]] {
  return ["nsenter", `--target=${String(sandboxInit().pid)}`, "--mount", "--pid", "--wd=/", ...argv];
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
    mkdirSync(inRun(directory), { recursive: true });
  }
  createPki();
  chooseCgroup();
  for (const [file, text] of Object.entries(configurations())) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: text.startsWith("#!") ? 0o755 : 0o644 });
  }
  const log = openSync(inRun("logs", "supervisor.log"), "a");
  const supervisor = [
    process.execPath,
    "--require",
    require.resolve("tsx/cjs"),
    join(__dirname, "control-plane/supervisor.ts"),
  ];
  // A shell that stays is the first process in there: unlike Node.js, it reaps what containers leave behind.
  const init = ["/bin/sh", "-c", '"$@"; exit $?', "sandbox", ...supervisor];
  const namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const child = spawn("unshare", [...namespaces, ...init], { detached: true, stdio: ["ignore", log, log], cwd: "/" });
  const outer = child.pid === undefined ? undefined : findProcess(child.pid);
  if (outer === undefined) {
    throw new Failure("unshare could not be started");
  }
  writeFileSync(pidFile, formatProcess(outer));
  child.unref();
}

/** The sandbox's processes, for {@link until}. */
export const group = { pidFile, log: inRun("logs", "supervisor.log") };

/** The log of one of its daemons. */
export const logOf = (daemon: string) => inRun("logs", `${daemon}.log`);

async function imagesPushed(signal: AbortSignal): Promise<void> {
  const registry = `http://127.0.0.1:${String(ports.registry)}/v2/`;
  await until("the registry", () => fetch(registry), { group, log: logOf("registry"), signal });
  const buildctl = ["buildctl", "--addr", `unix://${sockets.buildkit}`, "debug", "workers"] as const;
  await until("BuildKit", () => command(buildctl, { signal }), { group, log: logOf("buildkitd"), signal });
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
  await until("the API server", () => apiServerReady(signal), { group, log: logOf("kube-apiserver"), signal });
  const apply = [...kubectl, "apply", "--filename", files.objects] as const;
  // It fails for as long as a busy API server takes longer than a client's own time limits.
  await until("what the cluster has from its start", () => command(apply, { signal }), {
    group,
    log: logOf("kube-apiserver"),
    signal,
  });
  const wait = [...kubectl, "wait", `node/${firstNode.name}`, "--for=condition=Ready", "--timeout=5s"] as const;
  await until("the node", () => command(wait, { signal }), { group, log: logOf("kubelet"), signal });
}

/**
 * Brings the machine up: registry, BuildKit and a one-node cluster.
 * @throws Failure naming what did not come up, with the end of its log.
 */
export async function bringUp(signal: AbortSignal): Promise<void> {
  mkdirSync(run, { recursive: true, mode: 0o700 });
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
  const outer = readProcess(pidFile);
  if (outer !== undefined) {
    // The first process ends last: the kernel waits for all others of its namespace.
    const init = firstChild(outer);
    process.kill(outer.pid, "SIGKILL");
    while ([outer, init].some((each) => each && isRunning(each))) {
      await sleep(20);
    }
  }
  removeCgroup();
  rmSync(run, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
