/**
 * The first process of a node that was added to the sandbox, in PID, mount and network namespaces of its own within the
 * sandbox's PID namespace: when either of the two ends, so does everything that it started. Its links and the routes
 * over them end with its network namespace.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type ClusterNode, firstNode, inNodeDirectory, secondNode } from "../../network/cluster-node";
import { createNodeCgroup } from "./cgroup";
import { supervise } from "./daemon";
import { shieldKernelSettings } from "./kernel-settings";
import { networkPolicies } from "./network-policies";
import { nodeConfigurations, nodeDaemons } from "./node-daemons";
import { overlaySystem, sh } from "./node-namespaces";

/** A file descriptor of the first node's network namespace, which whoever starts this process has opened. */
const firstNetwork = 3;

/** Joins the node's network namespace, in which this process is, to the first node's, with routes both ways. */
function joinNetwork({ name, address, podCidr }: ClusterNode): void {
  const namespace = "/proc/self/fd/3";
  const ip = (...args: string[]) => {
    sh(["ip", ...args], firstNetwork);
  };
  const ipInFirst = (...args: string[]) => {
    sh(["nsenter", `--net=${namespace}`, "ip", ...args], firstNetwork);
  };
  const link = "uplink";
  ip("link", "set", "lo", "up");
  ip("link", "add", link, "type", "veth", "peer", "name", name, "netns", namespace);
  ip("address", "add", address, "peer", firstNode.address, "dev", link);
  ip("link", "set", link, "up");
  ip("route", "add", "default", "via", firstNode.address);
  ipInFirst("address", "add", firstNode.address, "peer", address, "dev", name);
  ipInFirst("link", "set", name, "up");
  ipInFirst("route", "add", podCidr, "via", address);
}

const node = [secondNode].find(({ name }) => name === process.argv[2]);
if (node === undefined) {
  throw new Error(`no node is called ${String(process.argv[2])}`);
}
for (const [file, text] of Object.entries(nodeConfigurations(node))) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
overlaySystem(node);
shieldKernelSettings(node);
joinNetwork(node);
createNodeCgroup(node);
for (const daemon of [...nodeDaemons(node), ...networkPolicies(node)]) {
  supervise(daemon, inNodeDirectory(node, "logs"));
}
