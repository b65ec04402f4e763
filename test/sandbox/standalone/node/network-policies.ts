import { spawnSync } from "node:child_process";
import { kubeconfig } from "../../ground/paths";
import type { ClusterNode } from "../../network/cluster-node";
import { network } from "../../network/network";
import type { Daemon } from "./daemon";

/** The modules of the kernel that network policies are enforced with, each with commands that need it. */
const needs: Readonly<Record<string, string>> = {
  ip_set_hash_ip: "ipset create probe hash:ip",
  ip_set_hash_net: "ipset create probe hash:net",
  xt_set: "ipset create probe hash:ip && iptables -A FORWARD -m set --match-set probe src",
  xt_NFLOG: "iptables -A FORWARD -j NFLOG",
};

/** Which modules the kernel lacks to enforce network policies: none where it can. */
export function missingModules(): string[] {
  return Object.entries(needs)
    .filter(([, commands]) => spawnSync("unshare", ["--net", "/bin/sh", "-c", commands]).status !== 0)
    .map(([module]) => module);
}

/** The daemon that enforces the network policies of a node's pods, where the kernel can. */
export function networkPolicies(node: ClusterNode): Daemon[] {
  if (missingModules().length > 0) {
    return [];
  }
  return [
    {
      name: "network-policies",
      argv: [
        "network-policies",
        `--kubeconfig=${kubeconfig}`,
        `--hostname-override=${node.name}`,
        `--service-cluster-ip-range=${network.serviceCidr}`,
      ],
      inNode: true,
    },
  ];
}
