import type { types } from "@pulumi/kubernetes";
import type { Egress } from "../../config";
import { type Metrics, metricsPorts } from "../metrics";
import { portName } from "../pod";

/**
 * The cluster's DNS, by the labels that kubeadm, EKS, GKE and AKS give it. A DNS cache on each node needs an {@link
 * Egress} to its address (by default `169.254.20.10` for NodeLocal DNSCache).
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
 * The spec of a NetworkPolicy. It lets connections in to the port of the service from `from`, by default from everywhere,
 * to that of its metrics from everywhere, and out to DNS and to the networks of `egress`. Kubernetes never denies answers
 * on a connection, nor traffic from a pod's own node, such as the kubelet's probes
 * (https://kubernetes.io/docs/concepts/services-networking/network-policies/).
 *
 * A rule names its port by its name, which is each pod's own number: a rollout that changes it has pods with both.
 */
export function networkPolicySpec(
  matchLabels: types.input.meta.v1.LabelSelector["matchLabels"],
  egress: readonly Egress[],
  metrics?: Metrics,
  from?: readonly string[],
): types.input.networking.v1.NetworkPolicySpec {
  return {
    podSelector: { matchLabels: matchLabels ?? {} },
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      { ports: [{ protocol: "TCP", port: portName }], ...(from && { from: from.map(peer) }) },
      ...metricsPorts(metrics).map(({ name }) => ({ ports: [{ protocol: "TCP", port: name }] })),
    ],
    egress: [dns, ...egress.map(egressRule)],
  };
}

/** A namespace by its name, or a network in CIDR notation, which always has a slash. */
function peer(from: string): types.input.networking.v1.NetworkPolicyPeer {
  return from.includes("/")
    ? { ipBlock: { cidr: from } }
    : { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": from } } };
}

function egressRule({ cidr, ports }: Egress): types.input.networking.v1.NetworkPolicyEgressRule {
  return {
    to: [{ ipBlock: { cidr } }],
    ...(ports && { ports: ports.map((port) => ({ protocol: "TCP", port })) }),
  };
}
