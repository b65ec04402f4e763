import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { dirname, join } from "node:path";
import { removeNodeCgroup } from "./cgroup";
import { command } from "./command";
import { configurations, sockets } from "./daemons";
import { Failure } from "./failure";
import { pushImages } from "./images";
import { inRun, ports, run } from "./paths";
import { createPki, kubeconfig } from "./pki";
import { findProcess, formatProcess, isRunning, type Process, readProcess } from "./process";
import { step } from "./progress";

/** Remembers the sandbox's outermost process. */
const pidFile = inRun("pid");
/** Exists once the sandbox can be used. */
const readyFile = inRun("ready");

/** Whether the sandbox is up and was brought up completely. */
export function isUp(): boolean {
  return readProcess(pidFile) !== undefined && existsSync(readyFile);
}

/** The sandbox's first process in its own namespaces, as the machine sees it. */
function firstChild({ pid }: Process): Process | undefined {
  const [child] = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, "utf8").split(" ");
  return findProcess(Number(child));
}

/**
 * The arguments that run a command where the node's processes are: in the sandbox's PID, mount and network namespaces.
 * @throws {Failure} when the sandbox is down.
 */
export function inNode(argv: readonly string[]): [string, ...string[]] {
  const outer = readProcess(pidFile);
  const init = outer && firstChild(outer);
  if (init === undefined) throw new Failure("the sandbox is down: npm start brings it up");
  const network = `--net=${inRun("network-namespace")}`;
  return ["nsenter", `--target=${String(init.pid)}`, "--mount", "--pid", "--wd=/", "nsenter", network, ...argv];
}

function startMachine(): void {
  for (const directory of ["pki", "logs", "registry"]) mkdirSync(inRun(directory), { recursive: true });
  createPki();
  for (const [file, text] of Object.entries(configurations())) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const log = openSync(inRun("logs", "supervisor.log"), "a");
  const supervisor = [process.execPath, "--import", require.resolve("tsx"), join(__dirname, "supervisor.ts")];
  // A shell that stays is the first process in there: unlike Node.js, it reaps what containers leave behind.
  const init = ["/bin/sh", "-c", '"$@"; exit $?', "sandbox", ...supervisor];
  const namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const child = spawn("unshare", [...namespaces, ...init], { detached: true, stdio: ["ignore", log, log], cwd: "/" });
  const outer = child.pid === undefined ? undefined : findProcess(child.pid);
  if (outer === undefined) throw new Failure("unshare could not be started");
  writeFileSync(pidFile, formatProcess(outer));
  child.unref();
}

/** Milliseconds between two looks at whether something is ready, and before it is given up. */
const [pollEvery, giveUpAfter] = [100, 90_000];

async function until(what: string, log: string, ready: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + giveUpAfter;
  for (;;) {
    signal.throwIfAborted();
    try {
      await ready();
      return;
    } catch (error) {
      if (readProcess(pidFile) === undefined) throw new Failure(`the sandbox ended:\n${tail("supervisor")}`);
      if (performance.now() > deadline) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Failure(
          `${what} is not ready after ${String(giveUpAfter / 1000)} s: ${reason}\n${log}.log:\n${tail(log)}`,
        );
      }
    }
    await sleep(pollEvery);
  }
}

function tail(log: string): string {
  return readFileSync(inRun("logs", `${log}.log`), "utf8")
    .trimEnd()
    .split("\n")
    .slice(-15)
    .join("\n");
}

async function imagesPushed(signal: AbortSignal): Promise<void> {
  const registry = `http://127.0.0.1:${String(ports.registry)}/v2/`;
  await until("the registry", "registry", () => fetch(registry), signal);
  const buildctl = ["buildctl", "--addr", `unix://${sockets.buildkit}`, "debug", "workers"] as const;
  await until("BuildKit", "buildkitd", () => command(buildctl, { signal }), signal);
  await pushImages(signal);
}

async function nodeReady(signal: AbortSignal): Promise<void> {
  const kubectl = ["kubectl", "--kubeconfig", kubeconfig] as const;
  await until(
    "the API server",
    "kube-apiserver",
    () => command([...kubectl, "get", "--raw", "/readyz"], { signal }),
    signal,
  );
  const wait = ["wait", "node/node", "--for=condition=Ready", "--timeout=5s"];
  await until("the node", "kubelet", () => command([...kubectl, ...wait], { signal }), signal);
}

/**
 * Brings the machine up: registry, BuildKit and a one-node cluster.
 * @throws {Failure} naming what did not come up, with the end of its log.
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
    while ([outer, init].some((each) => each && isRunning(each))) await sleep(20);
  }
  removeNodeCgroup();
  rmSync(run, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
