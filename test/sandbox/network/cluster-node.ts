import { inSandboxDirectory } from "../ground/paths";
import { network } from "./network";

/** A node of the cluster: a network namespace with a container runtime, a kubelet and a kube-proxy of its own. */
export interface ClusterNode {
  /** Its name in the cluster and of its directory; at most 15 characters, since the link to it has it too. */
  readonly name: string;
  readonly address: string;
  /** Where its pods get their addresses from. */
  readonly podCidr: string;
  /** Its `topology.kubernetes.io/zone`, over which pods are spread. */
  readonly zone: string;
}

/** The node that every sandbox has; the control plane shares its network namespace. */
export const firstNode: ClusterNode = {
  name: "node",
  address: network.node,
  podCidr: network.nodePodCidr,
  zone: "zone-a",
};

/** A node that can be added to it. */
export const secondNode: ClusterNode = {
  name: "node-2",
  address: "10.95.0.2",
  podCidr: "10.244.1.0/24",
  zone: "zone-b",
};

/** A path below the directory that holds everything of a node. */
export const inNodeDirectory = ({ name }: ClusterNode, ...parts: string[]): string =>
  inSandboxDirectory("nodes", name, ...parts);

/** What a node is reached by and configured with. */
export const nodeFiles = (node: ClusterNode) => ({
  /** The containerd socket. */
  runtime: inNodeDirectory(node, "containerd.sock"),
  containerd: inNodeDirectory(node, "containerd.toml"),
  cni: inNodeDirectory(node, "cni", "10-ptp.conflist"),
  kubelet: inNodeDirectory(node, "kubelet.json"),
});
