import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../ground/paths";
import { type Module, versionOf } from "./go-modules";

/** Binaries that are built together and share a directory in the cache. */
export interface Build {
  readonly name: string;
  readonly title: string;
  readonly module: Module;
  /**
   * Go packages, each of which becomes a binary. One may be a file beside the module: a change of it builds nothing else
   * of the module again.
   */
  readonly packages: readonly string[];
  readonly ldflags?: string;
  /** Other names of the binary `name`, which chooses what to be by its name. */
  readonly links?: readonly string[];
  /** Tags of a static build with C, which the module can't be built without. */
  readonly cgo?: readonly string[];
}

/** Of the API server and everything else in the cluster. */
export const kubernetesVersion = versionOf("common", "k8s.io/kubernetes");
const [major = "", minor = ""] = kubernetesVersion.slice(1).split(".");
const component = "k8s.io/component-base/version";
/** What Kubernetes' programs take for their version. */
const componentVersion = {
  [`${component}.gitVersion`]: kubernetesVersion,
  [`${component}.gitMajor`]: major,
  [`${component}.gitMinor`]: minor,
};
/** Has the linker set variables. */
const linkedVersions = (variables: Readonly<Record<string, string>>): string =>
  Object.entries(variables)
    .map(([variable, value]) => `-X ${variable}=${value}`)
    .join(" ");
/** The version that the workflows install too, as `pulumi version` prints it. The module `common` has the same. */
export const pulumiVersion = `v${readFileSync(join(checkout, ".pulumi.version"), "utf8").trim()}`;
const dockerBuildVersion = versionOf("common", "github.com/pulumi/pulumi-docker-build");

/**
 * What the sandbox runs. One run of Go builds all of it: each further one would leave cores idle at its start and its end.
 * @param withPulumi Whether the Pulumi CLI is among it.
 */
export const programs = (withPulumi: boolean): Build => ({
  name: "kubernetes",
  title: `${withPulumi ? `the Pulumi CLI ${pulumiVersion}, ` : ""}BuildKit, containerd and Kubernetes ${kubernetesVersion}`,
  module: "common",
  packages: [
    ...(withPulumi ? ["github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"] : []),
    "github.com/containerd/containerd/v2/cmd/containerd",
    "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2",
    "github.com/containernetworking/plugins/plugins/ipam/host-local",
    "github.com/containernetworking/plugins/plugins/main/ptp",
    "github.com/containernetworking/plugins/plugins/main/loopback",
    "github.com/google/go-containerregistry/cmd/crane",
    "github.com/moby/buildkit/cmd/buildctl",
    "github.com/moby/buildkit/cmd/buildkitd",
    "./kubernetes",
    "./pause",
  ],
  ldflags: linkedVersions({
    ...componentVersion,
    // Without it the CLI says v3.0.0-dev, and refuses what needs a newer one.
    "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": pulumiVersion,
  }),
  links: [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
    "kubelet",
    "metrics-server",
    "network-policies",
    "kubectl",
  ],
});

/** Pulumi's docker-build provider, for a machine that can't download it. */
export const dockerBuildProvider: Build = {
  name: "pulumi-resource-docker-build",
  title: `the docker-build provider ${dockerBuildVersion}`,
  module: "common",
  packages: ["github.com/pulumi/pulumi-docker-build/provider/cmd/pulumi-resource-docker-build"],
  ldflags: `-X github.com/pulumi/pulumi-docker-build/provider.Version=${dockerBuildVersion.slice(1)}`,
};

/** Pulumi's Kubernetes provider, for a machine that can't download it. */
export const kubernetesProvider: Build = {
  name: "kubernetes-provider",
  title: "Pulumi's Kubernetes provider",
  module: "kubernetes-provider",
  packages: ["."],
};

/** The client of registries that the end-to-end suites use, for a machine with Docker. The other ground has it already. */
export const crane: Build = {
  name: "crane",
  title: "crane",
  module: "common",
  packages: ["github.com/google/go-containerregistry/cmd/crane"],
};

/** The load generator of the end-to-end suites; the sandbox itself runs without it. */
export const loadGenerator: Build = {
  name: "vegeta",
  title: "vegeta",
  module: "common",
  packages: ["github.com/tsenart/vegeta/v12"],
};

/** BuildKit's own reading of Dockerfiles, for the suite that compares the program's with it. */
export const dockerfileImages: Build = {
  name: "dockerfile-images",
  title: `BuildKit's Dockerfile frontend ${versionOf("common", "github.com/moby/buildkit")}`,
  module: "common",
  packages: ["../dockerfile-images.go"],
};

/** BuildKit's own walk through a build context, for the suite that compares the program's with it. */
export const dockerContext: Build = {
  name: "docker-context",
  title: `BuildKit's walk through a build context (fsutil ${versionOf("common", "github.com/tonistiigi/fsutil")})`,
  module: "common",
  packages: ["../docker-context.go"],
};

/** The controller of Gateways and Ingresses, for the suites that expose a service. */
export const traefik: Build = {
  name: "traefik",
  title: `Traefik ${versionOf("traefik", "github.com/traefik/traefik/v3")}`,
  module: "traefik",
  packages: ["github.com/traefik/traefik/v3/cmd/traefik"],
};

/** What delivery/ signs and describes images with, for the suite that shows it. */
export const provenanceTools: Build = {
  name: "provenance",
  title: "cosign and syft",
  module: "provenance",
  packages: ["github.com/sigstore/cosign/v3/cmd/cosign", "./syft"],
};

/** What `npm run lint:manifests` runs of Go. */
export const checkers: Build = {
  name: "checkers",
  title: "kube-score, actionlint and govulncheck",
  module: "checkers",
  packages: ["tool"],
};

/** Docker Engine, for the suite that needs a machine with Docker. */
export const dockerEngine: Build = {
  name: "docker",
  title: `Docker Engine ${versionOf("docker", "github.com/moby/moby/v2")}`,
  module: "docker",
  packages: ["github.com/moby/moby/v2/cmd/dockerd", "github.com/moby/moby/v2/cmd/docker-proxy"],
};

/** What a machine with Docker has beside it, and what its images hold. */
export const dockerTools: Build = {
  name: "docker-tools",
  title: "buildx, kind, and what their images hold",
  module: "docker-tools",
  packages: [
    "github.com/containerd/containerd/v2/cmd/ctr",
    "github.com/containernetworking/plugins/plugins/meta/portmap",
    "github.com/distribution/distribution/v3/cmd/registry",
    "github.com/docker/buildx/cmd/buildx",
    "k8s.io/kubernetes/cmd/kubeadm",
    "sigs.k8s.io/kind",
  ],
  ldflags: linkedVersions({
    "github.com/docker/buildx/version.Version": versionOf("docker-tools", "github.com/docker/buildx"),
    ...componentVersion,
  }),
};

/** Debian's own doesn't know the time namespaces that Docker Engine asks for. */
export const runc: Build = {
  name: "runc",
  title: "runc",
  module: "runc",
  packages: ["github.com/opencontainers/runc"],
  ldflags: "-extldflags -static",
  cgo: ["seccomp", "netgo", "osusergo"],
};
