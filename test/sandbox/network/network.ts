import { inSandboxDirectory } from "../ground/paths";

/**
 * The node's network. It exists only inside the sandbox's own network namespace, where the default route ends on a
 * bridge with no port: a packet to the service CIDR that kube-proxy has not taught the kernel yet goes nowhere instead
 * of leaving the machine.
 */
export const network = {
  node: "10.95.0.1",
  nodePrefix: "10.95.0.1/24",
  bridge: "node0",
  podCidr: "10.244.0.0/16",
  nodePodCidr: "10.244.0.0/24",
  serviceCidr: "10.96.0.0/16",
  dns: "10.96.0.10",
} as const;

/** The file on which the sandbox keeps its network namespace; as such it is visible in its mount namespace alone. */
export const networkNamespace = inSandboxDirectory("network-namespace");
