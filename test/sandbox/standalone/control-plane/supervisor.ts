/**
 * The sandbox's first process, in PID and mount namespaces of its own: when it ends, so does everything it started, and
 * every mount, bridge, route and firewall rule goes with it.
 */
import { openSync, readFileSync, writeFileSync } from "node:fs";
import { ecrRegistry, hosts } from "../../aws/addresses";
import { inSandboxDirectory } from "../../ground/paths";
import { firstNode } from "../../network/cluster-node";
import { network, networkNamespace } from "../../network/network";
import { createNodeCgroup } from "../node/cgroup";
import { supervise } from "../node/daemon";
import { forwardOnMachine } from "../node/forward";
import { shieldKernelSettings } from "../node/kernel-settings";
import { networkPolicies } from "../node/network-policies";
import { overlaySystem, sh } from "../node/node-namespaces";
import { daemons } from "./daemons";

const inNode = (argv: readonly string[]): [string, ...string[]] => ["nsenter", `--net=${networkNamespace}`, ...argv];

/** Lets BuildKit and containerd find the account's ECR registry: that name never leaves the machine. */
function resolveRegistry(): void {
  writeFileSync(hosts, `${readFileSync("/etc/hosts", "utf8").trimEnd()}\n${ecrRegistry.address} ${ecrRegistry.host}\n`);
  sh(["mount", "--bind", hosts, "/etc/hosts"]);
}

function createNetwork(): void {
  openSync(networkNamespace, "w");
  sh(["unshare", `--net=${networkNamespace}`, "true"]);
  const ip = (...args: string[]) => {
    sh(inNode(["ip", ...args]));
  };
  ip("link", "set", "lo", "up");
  ip("link", "add", network.bridge, "type", "bridge");
  ip("address", "add", network.nodePrefix, "dev", network.bridge);
  ip("link", "set", network.bridge, "up");
  ip("route", "add", "default", "dev", network.bridge);
}

overlaySystem(firstNode);
shieldKernelSettings(firstNode);
resolveRegistry();
createNetwork();
createNodeCgroup(firstNode);
forwardOnMachine();
for (const { name, argv, inNode: isInNode } of [...daemons, ...networkPolicies(firstNode)]) {
  supervise({ name, argv: isInNode ? inNode(argv) : argv }, inSandboxDirectory("logs"));
}
