import { inSandboxDirectory, kubeconfig } from "../../ground/paths";
import { network } from "../../network/network";
import type { Daemon } from "../node/daemon";

/** Where the metrics server listens, on the first node's address. */
const port = 4443;

/** Tells the API server what pods and nodes use, which is what autoscalers go by. */
export const metricsServer: Daemon = {
  name: "metrics-server",
  argv: [
    "metrics-server",
    ...["kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig"].map((flag) => `--${flag}=${kubeconfig}`),
    `--bind-address=${network.node}`,
    `--secure-port=${String(port)}`,
    `--cert-dir=${inSandboxDirectory("metrics-server")}`,
    // Kubelets have certificates that they signed themselves.
    "--kubelet-insecure-tls",
    "--kubelet-preferred-address-types=InternalIP",
    // The shortest that it takes, and how long a kubelet may take to answer, which must be less.
    "--metric-resolution=10s",
    "--kubelet-request-timeout=5s",
  ],
  inNode: true,
};

const metadata = { name: "metrics-server", namespace: "kube-system" };

/** What leads the API server to it. */
export const metricsServerObjects = [
  { apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ name: "https", port: 443, targetPort: port }] } },
  {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...metadata, labels: { "kubernetes.io/service-name": metadata.name } },
    addressType: "IPv4",
    ports: [{ name: "https", port }],
    endpoints: [{ addresses: [network.node] }],
  },
  {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: "v1beta1.metrics.k8s.io" },
    spec: {
      group: "metrics.k8s.io",
      version: "v1beta1",
      service: metadata,
      insecureSkipTLSVerify: true,
      groupPriorityMinimum: 100,
      versionPriority: 100,
    },
  },
];
