import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { command } from "./command";
import { locate } from "./packages";
import { cache } from "./paths";
import { step } from "./progress";

interface Module {
  /** A directory below `binaries/`. */
  readonly name: string;
  readonly title: string;
  readonly ldflags: string;
  /** Other names of its binary, which chooses what to be by its name. */
  readonly links?: readonly string[];
}

const kubernetes = "v1.34.4";
const pulumi = "v3.245.0";
const dockerBuild = "0.0.22";
const version = "k8s.io/component-base/version";

const modules: readonly Module[] = [
  {
    name: "pulumi",
    title: `the Pulumi CLI ${pulumi}`,
    // Without it the CLI says v3.0.0-dev, and refuses what needs a newer one.
    ldflags: `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${pulumi}`,
  },
  {
    name: "docker-build",
    title: `the docker-build provider v${dockerBuild}`,
    ldflags: `-X github.com/pulumi/pulumi-docker-build/provider.Version=${dockerBuild}`,
  },
  { name: "containers", title: "BuildKit, containerd, CNI plugins and crane", ldflags: "" },
  {
    name: "kubernetes",
    title: `Kubernetes ${kubernetes} and etcd`,
    ldflags: `-X ${version}.gitVersion=${kubernetes} -X ${version}.gitMajor=1 -X ${version}.gitMinor=34`,
    links: ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "kubectl"],
  },
  { name: "pause", title: "pause", ldflags: "" },
];

/** Pulumi's Kubernetes provider, for a machine that can't download it. */
export const kubernetesProvider: Module = {
  name: "kubernetes-provider",
  title: "Pulumi's Kubernetes provider",
  ldflags: "",
};

/** The load generator of the end-to-end suites; the sandbox itself runs without it. */
export const loadGenerator: Module = { name: "load", title: "vegeta v12.12.0", ldflags: "" };

/** What `npm run lint:manifests` runs of Go. */
export const checkers: Module = { name: "checkers", title: "kube-score v1.20.0 and actionlint v1.7.7", ldflags: "" };

const source = (module: Module) => join(__dirname, "binaries", module.name);

/** Names what was built by what it was built from, so that another version of it is another directory. */
function directory(module: Module, goVersion: string): string {
  const hash = createHash("sha256").update(goVersion).update(JSON.stringify(module));
  for (const entry of readdirSync(source(module), { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name))
    .sort())
    hash.update(entry.slice(source(module).length)).update(readFileSync(entry));
  return join(cache, "binaries", `${module.name}-${hash.digest("hex").slice(0, 12)}`);
}

async function build(module: Module, target: string, signal: AbortSignal): Promise<void> {
  const partial = `${target}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const what = existsSync(join(source(module), "main.go")) ? "." : "tool";
  const ldflags = `-s -w ${module.ldflags}`;
  const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" };
  try {
    await command(["go", "build", "-trimpath", "-buildvcs=false", `-ldflags=${ldflags}`, "-o", `${partial}/`, what], {
      cwd: source(module),
      env,
      signal,
    });
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error;
  }
  for (const link of module.links ?? []) symlinkSync(module.name, join(partial, link));
  renameSync(partial, target);
}

/**
 * Builds what is missing of the sandbox's binaries with Go, from the Go module proxy, and returns the directories that
 * hold them all. The first time takes minutes.
 */
export async function buildBinaries(signal: AbortSignal, wanted: readonly Module[] = modules): Promise<string[]> {
  locate("go");
  const goVersion = await command(["go", "env", "GOVERSION"], { signal });
  const targets = wanted.map((module) => ({ module, target: directory(module, goVersion) }));
  const missing = targets.filter(({ target }) => !existsSync(target));
  if (missing.length === modules.length)
    process.stderr.write(
      "The sandbox's own programs are built from source, once; on 2 cores it takes some 15 minutes.\n",
    );
  for (const { module, target } of missing) await step(`building ${module.title}`, () => build(module, target, signal));
  return targets.map(({ target }) => target);
}
