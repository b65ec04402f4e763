import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "../ground/run";
import { step } from "../ground/progress";
import { kubernetesVersion } from "../toolchain/binaries";
import { moduleDirectory } from "../toolchain/go-modules";
import { engineFiles } from "./place";

/** The image that the cluster's nodes are made of. */
export const nodeImage = `kindest/node:${kubernetesVersion}`;

/** What systemd, Kubernetes and kind need of Debian. The systemd of its later versions knows no cgroup v1. */
const suite = "bookworm";
const packages =
  "systemd conntrack iptables iproute2 ethtool kmod mount libseccomp2 ca-certificates curl jq procps e2fsprogs".split(
    " ",
  );

/** Makes the file system of a Debian, once. */
async function makeDebian(signal: AbortSignal): Promise<void> {
  if (existsSync(engineFiles.debian)) {
    return;
  }
  const directory = dirname(engineFiles.debian);
  const root = join(directory, "root");
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const debootstrap = ["debootstrap", "--variant=minbase", `--include=${packages.join(",")}`, suite, root] as const;
  await run(debootstrap, { signal });
  const rest = ["./var/cache/apt", "./var/lib/apt/lists", "./usr/share/doc", "./usr/share/man", "./usr/share/locale"];
  const exclude = [...rest, "./dev"].map((path) => `--exclude=${path}/*`);
  await run(["tar", "-C", root, ...exclude, "-cf", join(directory, "partial"), "."], { signal });
  renameSync(join(directory, "partial"), engineFiles.debian);
  rmSync(root, { recursive: true });
}

/** Directories with the programs that go into the image. */
interface Programs {
  /** Of what the sandbox runs. */
  readonly sandbox: string;
  readonly tools: string;
  readonly runtime: string;
}

/** Where kind's own part of the image is. */
async function kindFiles(signal: AbortSignal): Promise<string> {
  const list = ["go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kind"] as const;
  const env = { ...process.env, GOFLAGS: "-mod=mod", GOWORK: "off" };
  const module = await run(list, { cwd: moduleDirectory("docker-tools"), env, signal });
  return join(module.trim(), "images", "base", "files");
}

/** Builds the image of the cluster's nodes. Docker keeps what didn't change since the last time. */
export async function buildNodeImage(programs: Programs, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  await step(`building the image ${nodeImage}`, async () => {
    await makeDebian(signal);
    const images = join(engineFiles.images, "control-plane");
    mkdirSync(images, { recursive: true });
    const { sandbox, tools, runtime } = programs;
    const contexts = {
      sandbox,
      tools,
      runtime,
      images,
      kind: await kindFiles(signal),
      files: join(__dirname, "node", "files"),
    };
    const named = Object.entries(contexts).flatMap(([name, directory]) => ["--build-context", `${name}=${directory}`]);
    const build = async (target: string, ...output: string[]) => {
      const flags = ["--progress", "plain", "--provenance", "false", "--target", target, ...named, ...output];
      const file = ["--file", join(__dirname, "node", "Dockerfile"), dirname(engineFiles.debian)];
      await run(["docker", "buildx", "build", "--builder", "default", ...flags, ...file], { env, signal });
    };
    const archive = (names: readonly string[], file: string) =>
      `--output=type=docker,"name=${names.join(",")}",dest=${join(images, file)}`;
    const kubeadm = ["config", "images", "list", "--kubernetes-version", kubernetesVersion];
    const names = (await run([join(tools, "kubeadm"), ...kubeadm], { signal })).trim().split("\n");
    await build(
      "kubernetes",
      archive(
        names.filter((name) => !/pause|coredns/.test(name)),
        "kubernetes.tar",
      ),
    );
    await build("pause", archive(["registry.k8s.io/pause:3.10"], "pause.tar"));
    await build("node", "--build-arg", `VERSION=${kubernetesVersion}`, "--tag", nodeImage);
    rmSync(images, { recursive: true });
  });
}
