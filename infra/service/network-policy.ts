import type { types } from "@pulumi/kubernetes";
import type { Egress } from "../config";
import { portName } from "./probes";

/**
 * The cluster's DNS, by the labels that kubeadm, EKS, GKE and AKS give it. A cache on each node has an address instead
 * (`169.254.20.10` by NodeLocal DNSCache's default), which takes an {@link Egress} of its own.
 */
const dns = {
  to: [
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
      podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
    },
  ],
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};

/**
 * The spec of a NetworkPolicy that leaves the selected pods one way in, the service's port from everywhere, and out of
 * them DNS and what `egress` allows. Answers to a connection are always let through, and so is the kubelet's probing:
 * traffic from a pod's own node can't be denied (https://kubernetes.io/docs/concepts/services-networking/network-policies/).
 *
 * The port goes by its name, which means each pod's own number: a rollout that changes it has pods with both.
 */
export function networkPolicySpec(
  matchLabels: types.input.meta.v1.LabelSelector["matchLabels"],
  egress: readonly Egress[],
): types.input.networking.v1.NetworkPolicySpec {
  return {
    podSelector: { matchLabels: matchLabels ?? {} },
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ ports: [{ protocol: "TCP", port: portName }] }],
    egress: [dns, ...egress.map(egressRule)],
  };
}

function egressRule({ cidr, ports }: Egress): types.input.networking.v1.NetworkPolicyEgressRule {
  return {
    to: [{ ipBlock: { cidr } }],
    ...(ports && { ports: ports.map((port) => ({ protocol: "TCP", port })) }),
  };
}
