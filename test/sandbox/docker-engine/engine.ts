import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildBinaries, dockerEngine, dockerTools, runc } from "../binaries";
import { removeEverywhere } from "../cgroup";
import { command } from "../command";
import { firstChild } from "../machine";
import { locate, which } from "../packages";
import { findProcess, formatProcess, isRunning, readProcess } from "../process";
import { until } from "../until";
import { buildkitImage, importImage, registryImage } from "./engine-images";
import { engineFiles } from "./place";

/** Holds the engine's containers. */
const cgroup = "ping-docker-engine";

/** What dockerd needs around it; it writes below fixed paths of the system, which the overlays keep with the namespaces. */
const script = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
for directory in /usr/lib /var/lib /var/log /opt /run; do
  mkdir -p "$1$directory/upper" "$1$directory/work"
  mount -t overlay overlay -o "lowerdir=$directory,upperdir=$1$directory/upper,workdir=$1$directory/work" "$directory"
done
ip link set lo up
shift
"$@"; exit $?`;

/** The environment of a command on the machine with Docker. */
export const engineEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: [engineFiles.bin, process.env["PATH"]].join(":"),
  DOCKER_HOST: `unix://${engineFiles.socket}`,
  DOCKER_CONFIG: engineFiles.config,
});

/**
 * The arguments that run a command in the engine's network.
 * @throws {Error} when the engine is down.
 */
export function inEngine(argv: readonly string[]): [string, ...string[]] {
  const outer = readProcess(engineFiles.pid);
  const init = outer && firstChild(outer);
  if (init === undefined) {
    throw new Error("the Docker Engine is down");
  }
  return ["nsenter", `--target=${String(init.pid)}`, "--net", ...argv];
}

/** Debian's packages that the engine needs, and the file of the one that is least likely to be there. */
const packages = ["tini", "gcc", "libc6-dev", "libseccomp-dev", "pkg-config"];
const header = "/usr/include/seccomp.h";

async function installPackages(signal: AbortSignal): Promise<void> {
  if (existsSync(header) && which("tini-static") !== undefined) {
    return;
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await command(["apt-get", "update", "-q"], { env, signal });
  await command(["apt-get", "install", "-q", "-y", "--no-install-recommends", ...packages], { env, signal });
}

/**
 * Brings the engine up, with the images that it would pull.
 * @throws {Failure} without the command `docker`, which no package registry has in a version of the engine's.
 */
export async function startEngine(signal: AbortSignal): Promise<void> {
  locate("docker");
  await installPackages(signal);
  const [engine = "", tools = "", runtime = ""] = await buildBinaries(signal, [dockerEngine, dockerTools, runc]);
  const [sandbox = ""] = await buildBinaries(signal);
  const own = { buildkit: sandbox, runc: join(runtime, "runc"), dockerInit: locate("tini-static") };
  rmSync(engineFiles.run, { recursive: true, force: true });
  rmSync(engineFiles.bin, { recursive: true, force: true });
  rmSync(engineFiles.config, { recursive: true, force: true });
  for (const directory of [
    engineFiles.run,
    engineFiles.bin,
    engineFiles.data,
    join(engineFiles.config, "cli-plugins"),
  ]) {
    mkdirSync(directory, { recursive: true });
  }
  for (const [name, file] of Object.entries({
    dockerd: join(engine, "dockerd"),
    "docker-proxy": join(engine, "docker-proxy"),
    "docker-init": own.dockerInit,
    runc: own.runc,
    containerd: join(sandbox, "containerd"),
    "containerd-shim-runc-v2": join(sandbox, "containerd-shim-runc-v2"),
  })) {
    symlinkSync(file, join(engineFiles.bin, name));
  }
  symlinkSync(join(tools, "buildx"), join(engineFiles.config, "cli-plugins", "docker-buildx"));
  const log = openSync(engineFiles.log, "a");
  const overlays = join(engineFiles.run, "overlays");
  mkdirSync(overlays);
  const dockerd = [
    ...["dockerd", "--data-root", engineFiles.data, "--exec-root", join(engineFiles.run, "exec")],
    ...["--pidfile", join(engineFiles.run, "docker.pid"), "--host", `unix://${engineFiles.socket}`],
    ...["--cgroup-parent", `/${cgroup}`],
  ];
  const namespaces = ["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const child = spawn("unshare", [...namespaces, "sh", "-c", script, "engine", overlays, ...dockerd], {
    detached: true,
    stdio: ["ignore", log, log],
    env: engineEnvironment(),
    cwd: "/",
  });
  const outer = child.pid === undefined ? undefined : findProcess(child.pid);
  if (outer === undefined) {
    throw new Error("unshare could not be started");
  }
  writeFileSync(engineFiles.pid, formatProcess(outer));
  child.unref();
  const group = { pidFile: engineFiles.pid, log: engineFiles.log };
  const answers = () => command(["docker", "info"], { env: engineEnvironment(), signal });
  await until("Docker Engine", answers, { group, log: engineFiles.log, signal });
  for (const image of [registryImage(join(tools, "registry")), buildkitImage(own)]) {
    await importImage(image, signal);
  }
}

/** Ends every process of the engine, and removes all but its images. */
export async function stopEngine(): Promise<void> {
  const outer = readProcess(engineFiles.pid);
  if (outer !== undefined) {
    const init = firstChild(outer);
    process.kill(outer.pid, "SIGKILL");
    while ([outer, init].some((each) => each && isRunning(each))) {
      await sleep(20);
    }
  }
  removeEverywhere(cgroup);
  rmSync(engineFiles.run, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
