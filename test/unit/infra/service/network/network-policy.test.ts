import assert from "node:assert/strict";
import { test } from "node:test";
import { networkPolicySpec } from "../../../../../infra/service/network/network-policy";

const selector = { "app.kubernetes.io/name": "shop" };
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
const closed = {
  podSelector: { matchLabels: selector },
  policyTypes: ["Ingress", "Egress"],
  ingress: [{ ports: [{ protocol: "TCP", port: "http" }] }],
  egress: [dns],
};

test("in by the service's port, out to the cluster's DNS, and nothing else", () => {
  assert.deepEqual(networkPolicySpec(selector, []), closed);
});

test("metrics on a port of their own are let in there too", () => {
  const metrics = { path: "/metrics", podMonitor: false };
  const open = { ...closed, ingress: [...closed.ingress, { ports: [{ protocol: "TCP", port: "metrics" }] }] };
  assert.deepEqual(networkPolicySpec(selector, [], { ...metrics, port: 9100 }), open);
  assert.deepEqual(networkPolicySpec(selector, [], { ...metrics, port: undefined }), closed);
});

test("a network is allowed with its ports, or with all of them", () => {
  const spec = networkPolicySpec(selector, [{ cidr: "10.0.0.0/8", ports: [5432, 6432] }, { cidr: "2001:db8::/32" }]);
  const ports = [
    { protocol: "TCP", port: 5432 },
    { protocol: "TCP", port: 6432 },
  ];
  assert.deepEqual(spec, {
    ...closed,
    egress: [
      dns,
      { to: [{ ipBlock: { cidr: "10.0.0.0/8" } }], ports },
      { to: [{ ipBlock: { cidr: "2001:db8::/32" } }] },
    ],
  });
});

test("connections to the service come from the given namespaces and networks alone, those to its metrics from everywhere", () => {
  const metrics = { path: "/metrics", port: 9100, podMonitor: false };
  assert.deepEqual(networkPolicySpec(selector, [], metrics, ["traefik", "10.0.0.0/8"]), {
    ...closed,
    ingress: [
      {
        ports: [{ protocol: "TCP", port: "http" }],
        from: [
          { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "traefik" } } },
          { ipBlock: { cidr: "10.0.0.0/8" } },
        ],
      },
      { ports: [{ protocol: "TCP", port: "metrics" }] },
    ],
  });
});
