import { dirname, join } from "node:path";
import { network } from "./network";
import { cgroup } from "./cgroup";
import { locate } from "./packages";
import { buildkitRoot, inRun, ports } from "./paths";
import { kubeconfig, pki } from "./pki";

/** One long-running process of the sandbox. */
export interface Daemon {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  /** Whether it runs inside the node's network namespace; the others share the machine's network. */
  readonly inNode: boolean;
}

/** Sockets on disk, through which the two network namespaces reach each other: a path is the same in both. */
export const sockets = {
  buildkit: inRun("buildkitd.sock"),
  containerd: inRun("containerd.sock"),
  registry: inRun("registry.sock"),
  apiServer: inRun("apiserver.sock"),
  service: inRun("service.sock"),
} as const;

/** The files that daemons are configured by. */
export const files = {
  buildkitd: inRun("buildkitd.toml"),
  containerd: inRun("containerd.toml"),
  registryHosts: inRun("registries", `localhost:${String(ports.registry)}`, "hosts.toml"),
  cni: inRun("cni", "10-bridge.conflist"),
  kubelet: inRun("kubelet.json"),
  /** `host:port` of the Service that {@link ports}.service leads to; written once it is known. */
  serviceAddress: inRun("service-address"),
} as const;

const etcdUrl = "http://127.0.0.1:2379";
const etcdPeerUrl = "http://127.0.0.1:2380";
const leaderElection = "--leader-elect=false";

/** Every daemon, in no order: each retries until what it needs is there. */
export const daemons: readonly Daemon[] = [
  {
    name: "registry",
    argv: [
      "crane",
      "registry",
      "serve",
      "--address",
      `127.0.0.1:${String(ports.registry)}`,
      "--disk",
      inRun("registry"),
    ],
    inNode: false,
  },
  // On the machine's network, for a build may download modules.
  { name: "buildkitd", argv: ["buildkitd", "--config", files.buildkitd], inNode: false },
  {
    name: "etcd",
    argv: [
      "etcd",
      ...["--name", "node", "--data-dir", inRun("etcd")],
      ...["--listen-client-urls", etcdUrl, "--advertise-client-urls", etcdUrl],
      ...["--listen-peer-urls", etcdPeerUrl, "--initial-advertise-peer-urls", etcdPeerUrl],
      ...["--initial-cluster", `node=${etcdPeerUrl}`],
      // The data lives as long as the sandbox: nothing is lost by a crash of the machine.
      "--unsafe-no-fsync",
    ],
    inNode: true,
  },
  {
    name: "kube-apiserver",
    argv: [
      "kube-apiserver",
      `--etcd-servers=${etcdUrl}`,
      "--bind-address=127.0.0.1",
      `--advertise-address=${network.node}`,
      `--secure-port=${String(ports.apiServer)}`,
      `--client-ca-file=${pki.ca}`,
      `--tls-cert-file=${pki.apiServer}`,
      `--tls-private-key-file=${pki.apiServerKey}`,
      `--service-account-key-file=${pki.serviceAccount}`,
      `--service-account-signing-key-file=${pki.serviceAccountKey}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-cluster-ip-range=${network.serviceCidr}`,
      "--authorization-mode=Node,RBAC",
      "--endpoint-reconciler-type=none",
      `--kubelet-client-certificate=${pki.admin}`,
      `--kubelet-client-key=${pki.adminKey}`,
    ],
    inNode: true,
  },
  {
    name: "kube-controller-manager",
    argv: [
      "kube-controller-manager",
      `--kubeconfig=${kubeconfig}`,
      `--service-account-private-key-file=${pki.serviceAccountKey}`,
      `--root-ca-file=${pki.ca}`,
      "--use-service-account-credentials",
      "--allocate-node-cidrs",
      `--cluster-cidr=${network.podCidr}`,
      leaderElection,
    ],
    inNode: true,
  },
  { name: "kube-scheduler", argv: ["kube-scheduler", `--kubeconfig=${kubeconfig}`, leaderElection], inNode: true },
  { name: "containerd", argv: ["containerd", "--config", files.containerd], inNode: true },
  {
    name: "kubelet",
    argv: [
      "kubelet",
      `--config=${files.kubelet}`,
      `--kubeconfig=${kubeconfig}`,
      "--hostname-override=node",
      `--node-ip=${network.node}`,
    ],
    inNode: true,
  },
  {
    name: "kube-proxy",
    argv: [
      "kube-proxy",
      `--kubeconfig=${kubeconfig}`,
      "--proxy-mode=iptables",
      "--hostname-override=node",
      `--cluster-cidr=${network.podCidr}`,
      // The machine's own connection tracking limits can't be set from a network namespace, and needn't be.
      "--conntrack-max-per-core=0",
      "--conntrack-tcp-timeout-established=0s",
      "--conntrack-tcp-timeout-close-wait=0s",
    ],
    inNode: true,
  },
  {
    name: "forward",
    argv: [process.execPath, "--import", require.resolve("tsx"), join(__dirname, "forward.ts"), "node"],
    inNode: true,
  },
];

/** The text of every configuration file, by path. */
export function configurations(): Record<string, string> {
  const registry = `localhost:${String(ports.registry)}`;
  return {
    [files.buildkitd]: `
root = ${JSON.stringify(buildkitRoot)}
[grpc]
  address = ["unix://${sockets.buildkit}"]
[worker.oci]
  enabled = true
  networkMode = "host"
  defaultCgroupParent = "/${cgroup}/builds"
  binary = ${JSON.stringify(locate("runc"))}
[worker.containerd]
  enabled = false
[registry."docker.io"]
  mirrors = ["${registry}"]
[registry."${registry}"]
  http = true
`,
    [files.containerd]: `
version = 3
root = ${JSON.stringify(inRun("containerd"))}
state = "/run/containerd"
disabled_plugins = ["io.containerd.nri.v1.nri"]
[grpc]
  address = ${JSON.stringify(sockets.containerd)}
[plugins."io.containerd.cri.v1.runtime"]
  # A machine that withholds CAP_SYS_RESOURCE can't raise a pod's priority to survive.
  restrict_oom_score_adj = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = [${JSON.stringify(dirname(locate("bridge")))}]
    conf_dir = ${JSON.stringify(inRun("cni"))}
[plugins."io.containerd.cri.v1.images"]
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "${registry}/pause:latest"
  [plugins."io.containerd.cri.v1.images".registry]
    config_path = ${JSON.stringify(inRun("registries"))}
`,
    [files.registryHosts]: `
server = "http://${registry}"
[host."http://${registry}"]
  capabilities = ["pull", "resolve"]
`,
    [files.cni]: JSON.stringify({
      cniVersion: "1.0.0",
      name: "pods",
      plugins: [
        {
          type: "bridge",
          bridge: "pods0",
          isGateway: true,
          hairpinMode: true,
          ipam: {
            type: "host-local",
            ranges: [[{ subnet: network.nodePodCidr }]],
            routes: [{ dst: "0.0.0.0/0" }],
          },
        },
      ],
    }),
    [files.kubelet]: JSON.stringify({
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      address: network.node,
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: true },
        x509: { clientCAFile: pki.ca },
      },
      authorization: { mode: "Webhook" },
      cgroupDriver: "cgroupfs",
      cgroupRoot: `/${cgroup}`,
      failSwapOn: false,
      failCgroupV1: false,
      containerRuntimeEndpoint: `unix://${sockets.containerd}`,
      // Nothing answers there: the cluster has no DNS, but a kubelet without an address warns at every pod.
      clusterDNS: [network.dns],
      resolvConf: "",
      volumePluginDir: inRun("volume-plugins"),
      evictionHard: { "nodefs.available": "1%", "imagefs.available": "1%" },
    }),
  };
}
