import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../ground/run";
import { endGroup, type Group, initOf, startGroup } from "../ground/group";
import { cache } from "../ground/paths";
import { until, whileProgress } from "../ground/until";
import { locate, which } from "../ground/which";
import { removeEverywhere } from "../standalone/node/cgroup";
import { dockerEngine, dockerTools, runc } from "../toolchain/binaries";
import { buildBinaries } from "../toolchain/build-binaries";
import { enginePackages, installPackages } from "../toolchain/packages";
import { place, placeLanguageHost } from "../toolchain/plugins";
import { buildkitImage, importImage, registryImage } from "./engine-images";
import { bridge, hubConfiguration, pushGolang, writeHub } from "./hub";
import { buildNodeImage, nodeImage } from "./node-image";
import { engineFiles } from "./place";

/** Holds the engine's containers. */
const cgroup = "ping-docker-engine";

/**
 * What dockerd needs around it. It writes below fixed paths of the system, which the overlays keep with the namespaces.
 * slirp4netns stays on the machine's network and is the way out of the engine's.
 */
const script = `set -e
overlays=$1 network=$2 registry=$3 hub=$4; shift 4
mount --make-rprivate /
mount -t tmpfs tmpfs "$overlays"
for directory in /usr/lib /var/lib /var/log /opt /run; do
  mkdir -p "$overlays$directory/upper" "$overlays$directory/work"
  mount -t overlay overlay -o "lowerdir=$directory,upperdir=$overlays$directory/upper,workdir=$overlays$directory/work" "$directory"
done
touch "$network"
unshare --net="$network" ip link set lo up
slirp4netns --netns-type=path --configure --mtu=65520 --disable-host-loopback "$network" tap0 &
nsenter --net="$network" "$registry" serve "$hub" &
nsenter --net="$network" "$@"; exit $?`;

/** The engine's processes, below unshare. */
const group: Group = {
  absence: "the Docker Engine is down",
  pidFile: engineFiles.pid,
  log: engineFiles.log,
  around: 1,
};

/** Gives a command the machine's user, whose home is in /etc/passwd too: there the Pulumi CLI looks for it. */
const asUser = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/passwd && exec "$@"', engineFiles.passwd];

/** The environment of a command on the machine with Docker. */
export const engineEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: [engineFiles.bin, process.env["PATH"]].join(":"),
  DOCKER_HOST: `unix://${engineFiles.socket}`,
  HOME: engineFiles.home,
  DOCKER_CONFIG: undefined,
  KUBECONFIG: undefined,
  XDG_CACHE_HOME: undefined,
});

/**
 * The arguments that run a command in the engine's network, as the user of the machine with Docker.
 * @throws Failure when the engine is down.
 */
export function inEngine(argv: readonly string[]): [string, ...string[]] {
  return ["nsenter", `--net=/proc/${String(initOf(group).pid)}/root${engineFiles.network}`, ...asUser, ...argv];
}

/** Why this machine can have no engine, or false where it can. */
export function engineRefusal(): string | false {
  const lacking = ["docker", "go", "apt-get"].find((name) => which(name) === undefined);
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    return "Docker Engine makes namespaces and mounts: run this on Linux, as root";
  }
  if (lacking !== undefined) {
    return `the command ${lacking} is not on PATH`;
  }
  return existsSync("/dev/net/tun") ? false : "the engine's way out of its network needs /dev/net/tun";
}

/** Directories with the programs that the engine and its images are made of. */
interface Programs {
  readonly engine: string;
  readonly tools: string;
  readonly runtime: string;
  /** Of what the sandbox runs. */
  readonly sandbox: string;
}

async function buildPrograms(signal: AbortSignal): Promise<Programs> {
  const [engine = "", tools = "", runtime = ""] = await buildBinaries(signal, [dockerEngine, dockerTools, runc]);
  const [sandbox = ""] = await buildBinaries(signal);
  return { engine, tools, runtime, sandbox };
}

/** Gives the machine with Docker its commands, and its user a home. */
async function placeAll({ engine, tools, runtime, sandbox }: Programs): Promise<void> {
  const plugins = join(engineFiles.config, "cli-plugins");
  const home = join(engineFiles.home, ".cache", "ping-sandbox");
  for (const directory of [engineFiles.directory, engineFiles.bin, engineFiles.home]) {
    rmSync(directory, { recursive: true, force: true });
  }
  for (const directory of [engineFiles.directory, engineFiles.bin, engineFiles.data, plugins, home]) {
    mkdirSync(directory, { recursive: true });
  }
  const links = {
    dockerd: join(engine, "dockerd"),
    "docker-proxy": join(engine, "docker-proxy"),
    "docker-init": locate("tini-static"),
    runc: join(runtime, "runc"),
    containerd: join(sandbox, "containerd"),
    "containerd-shim-runc-v2": join(sandbox, "containerd-shim-runc-v2"),
    kubectl: join(sandbox, "kubectl"),
  };
  for (const [name, file] of Object.entries(links)) {
    symlinkSync(file, join(engineFiles.bin, name));
  }
  // kind's own choice of an image is in no package registry.
  const kind = `case "$1 $2" in "create cluster") shift 2; set -- create cluster --image ${nodeImage} "$@";; esac`;
  const exec = `exec ${join(tools, "kind")} "$@"`;
  writeFileSync(join(engineFiles.bin, "kind"), `#!/bin/sh\n${kind}\n${exec}\n`, { mode: 0o755 });
  place(which("pulumi") ?? join(sandbox, "pulumi"), join(engineFiles.bin, "pulumi"));
  await placeLanguageHost(engineFiles.bin);
  symlinkSync(join(tools, "buildx"), join(plugins, "docker-buildx"));
  const users = readFileSync("/etc/passwd", "utf8");
  writeFileSync(engineFiles.passwd, users.replace(/^(root:(?:[^:]*:){4})[^:]*/m, `$1${engineFiles.home}`));
  // What is compiled for the machine's own sandbox is the same.
  symlinkSync(join(cache, "binaries"), join(home, "binaries"));
  writeHub();
}

async function startDocker({ tools }: Programs, signal: AbortSignal): Promise<void> {
  const overlays = join(engineFiles.directory, "overlays");
  mkdirSync(overlays);
  const dockerd = [
    ...["dockerd", "--data-root", engineFiles.data, "--exec-root", join(engineFiles.directory, "exec")],
    ...["--pidfile", join(engineFiles.directory, "docker.pid"), "--host", `unix://${engineFiles.socket}`],
    ...["--cgroup-parent", `/${cgroup}`, "--bip", bridge],
  ];
  const init = [script, "engine", overlays, engineFiles.network, join(tools, "registry"), hubConfiguration];
  const namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  startGroup(group, ["unshare", ...namespaces, "sh", "-c", ...init, ...dockerd], { env: engineEnvironment() });
  const answers = () => run(["docker", "info"], { env: engineEnvironment(), signal });
  await until("Docker Engine", answers, whileProgress(group, engineFiles.log), signal);
}

/** Brings the engine up, with the images that it would pull. */
export async function startEngine(signal: AbortSignal): Promise<void> {
  await installPackages(enginePackages, signal);
  const programs = await buildPrograms(signal);
  await placeAll(programs);
  await startDocker(programs, signal);
  const { tools, sandbox } = programs;
  const own = { buildkit: sandbox, runc: join(programs.runtime, "runc"), dockerInit: locate("tini-static") };
  for (const image of [registryImage(join(tools, "registry")), buildkitImage(own)]) {
    await importImage(image, signal);
  }
  await pushGolang(engineEnvironment(), signal);
  await buildNodeImage(programs, engineEnvironment(), signal);
}

/** Ends every process of the engine, and removes all but its images. */
export async function stopEngine(): Promise<void> {
  await endGroup(group);
  removeEverywhere(cgroup);
  for (const directory of [engineFiles.directory, engineFiles.home, engineFiles.bin]) {
    rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
