import { dirname, join } from "node:path";
import { awsFiles } from "../../aws/configurations";
import { inSandboxDirectory, kubeconfig, ports } from "../../ground/paths";
import { locate } from "../../ground/which";
import { type ClusterNode, inNodeDirectory, nodeFiles } from "../../network/cluster-node";
import { network } from "../../network/network";
import { pki } from "../../network/pki";
import { nodeCgroup } from "./cgroup";
import type { Daemon } from "./daemon";

/** The registry as a node's containers name it. */
const registry = `localhost:${String(ports.registry)}`;
/** Which registry speaks plain HTTP; the same for every node. */
const registries = inSandboxDirectory("registries");

/** The daemons that make a network namespace a node of the cluster. */
export function nodeDaemons(node: ClusterNode): Daemon[] {
  const files = nodeFiles(node);
  return [
    { name: "containerd", argv: ["containerd", "--config", files.containerd], inNode: true },
    {
      name: "kubelet",
      argv: [
        "kubelet",
        `--config=${files.kubelet}`,
        `--kubeconfig=${kubeconfig}`,
        `--hostname-override=${node.name}`,
        `--node-ip=${node.address}`,
        `--image-credential-provider-config=${awsFiles.credentialProviders}`,
        `--image-credential-provider-bin-dir=${dirname(awsFiles.credentialProvider)}`,
        `--node-labels=topology.kubernetes.io/zone=${node.zone}`,
      ],
      inNode: true,
    },
    {
      name: "kube-proxy",
      argv: [
        "kube-proxy",
        `--kubeconfig=${kubeconfig}`,
        "--proxy-mode=iptables",
        `--hostname-override=${node.name}`,
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
      argv: [process.execPath, "--require", require.resolve("tsx/cjs"), join(__dirname, "forward.ts"), node.name],
      inNode: true,
    },
  ];
}

/** The text of every configuration file of a node, by path. */
export function nodeConfigurations(node: ClusterNode): Record<string, string> {
  const files = nodeFiles(node);
  return {
    [files.containerd]: `
version = 3
root = ${JSON.stringify(inNodeDirectory(node, "containerd"))}
# Not below /run: there it would take the containers of the machine's own containerd for dead ones of its own.
state = ${JSON.stringify(inNodeDirectory(node, "containerd-state"))}
disabled_plugins = ["io.containerd.nri.v1.nri"]
[grpc]
  address = ${JSON.stringify(files.runtime)}
[plugins."io.containerd.cri.v1.runtime"]
  # It would load a profile into the machine's kernel, and leave it there.
  disable_apparmor = true
  # A machine that withholds CAP_SYS_RESOURCE can't raise a pod's priority to survive.
  restrict_oom_score_adj = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = [${JSON.stringify(dirname(locate("ptp")))}]
    conf_dir = ${JSON.stringify(dirname(files.cni))}
[plugins."io.containerd.cri.v1.images"]
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "${registry}/pause:latest"
  [plugins."io.containerd.cri.v1.images".registry]
    config_path = ${JSON.stringify(registries)}
`,
    [join(registries, registry, "hosts.toml")]: `
server = "http://${registry}"
[host."http://${registry}"]
  capabilities = ["pull", "resolve"]
`,
    [files.cni]: JSON.stringify({
      cniVersion: "1.0.0",
      name: "pods",
      plugins: [
        {
          // Routes each pod's packets. A bridge would switch those between pods of a node past kube-proxy's rules, unless the
          // machine has loaded br_netfilter.
          type: "ptp",
          ipam: {
            type: "host-local",
            ranges: [[{ subnet: node.podCidr }]],
            routes: [{ dst: "0.0.0.0/0" }],
          },
        },
      ],
    }),
    [files.kubelet]: JSON.stringify({
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      address: node.address,
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: true },
        x509: { clientCAFile: pki.ca },
      },
      authorization: { mode: "Webhook" },
      cgroupDriver: "cgroupfs",
      cgroupRoot: `/${nodeCgroup(node)}`,
      failSwapOn: false,
      failCgroupV1: false,
      containerRuntimeEndpoint: `unix://${files.runtime}`,
      // Nothing answers there: the cluster has no DNS, but a kubelet without an address warns at every pod.
      clusterDNS: [network.dns],
      resolvConf: "",
      volumePluginDir: inNodeDirectory(node, "volume-plugins"),
      evictionHard: { "nodefs.available": "1%", "imagefs.available": "1%" },
    }),
  };
}
