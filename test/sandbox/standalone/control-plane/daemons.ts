import { ecrRegistry } from "../../aws/addresses";
import { awsConfigurations, awsFiles } from "../../aws/configurations";
import { buildkitRoot, inSandboxDirectory, kubeconfig, ports } from "../../ground/paths";
import { locate } from "../../ground/which";
import { firstNode } from "../../network/cluster-node";
import { network } from "../../network/network";
import { pki } from "../../network/pki";
import { files, sockets } from "../../network/sockets";
import { cgroup } from "../node/cgroup";
import type { Daemon } from "../node/daemon";
import { nodeConfigurations, nodeDaemons } from "../node/node-daemons";
import { metricsServer, metricsServerObjects } from "./metrics-server";

const etcdUrl = "http://127.0.0.1:2379";
const etcdPeerUrl = "http://127.0.0.1:2380";
const leaderElection = "--leader-elect=false";

/** Every daemon of the sandbox as it starts, in no order: each retries until what it needs is there. */
export const daemons: readonly Daemon[] = [
  {
    name: "registry",
    argv: [
      "crane",
      "registry",
      "serve",
      "--address",
      `127.0.0.1:${String(ports.registry)}`,
      "--disk",
      inSandboxDirectory("registry"),
    ],
    inNode: false,
  },
  // On the machine's network, because a build downloads modules.
  { name: "buildkitd", argv: ["buildkitd", "--config", files.buildkitd], inNode: false },
  {
    name: "etcd",
    argv: [
      "etcd",
      ...["--name", "node", "--data-dir", inSandboxDirectory("etcd")],
      ...["--listen-client-urls", etcdUrl, "--advertise-client-urls", etcdUrl],
      ...["--listen-peer-urls", etcdPeerUrl, "--initial-advertise-peer-urls", etcdPeerUrl],
      ...["--initial-cluster", `node=${etcdPeerUrl}`],
      // The data lives as long as the sandbox: nothing is lost by a crash of the machine.
      "--unsafe-no-fsync",
    ],
    inNode: true,
  },
  {
    name: "kube-apiserver",
    argv: [
      "kube-apiserver",
      `--etcd-servers=${etcdUrl}`,
      // Pods reach it too, as in any cluster.
      "--bind-address=0.0.0.0",
      `--advertise-address=${network.node}`,
      `--secure-port=${String(ports.apiServer)}`,
      `--client-ca-file=${pki.ca}`,
      `--tls-cert-file=${pki.apiServer}`,
      `--tls-private-key-file=${pki.apiServerKey}`,
      `--service-account-key-file=${pki.serviceAccount}`,
      `--service-account-signing-key-file=${pki.serviceAccountKey}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-cluster-ip-range=${network.serviceCidr}`,
      "--authorization-mode=Node,RBAC",
      "--endpoint-reconciler-type=none",
      `--authentication-token-webhook-config-file=${awsFiles.tokenReview}`,
      "--authentication-token-webhook-version=v1",
      `--kubelet-client-certificate=${pki.admin}`,
      `--kubelet-client-key=${pki.adminKey}`,
      `--proxy-client-cert-file=${pki.frontProxy}`,
      `--proxy-client-key-file=${pki.frontProxyKey}`,
      `--requestheader-client-ca-file=${pki.ca}`,
      "--requestheader-allowed-names=front-proxy",
      "--requestheader-username-headers=X-Remote-User",
      "--requestheader-group-headers=X-Remote-Group",
      "--requestheader-extra-headers-prefix=X-Remote-Extra-",
      // A node's name, the first choice, would be looked up in a DNS that doesn't know it: no container's log could be read.
      "--kubelet-preferred-address-types=InternalIP",
    ],
    inNode: true,
  },
  {
    name: "kube-controller-manager",
    argv: [
      "kube-controller-manager",
      `--kubeconfig=${kubeconfig}`,
      `--service-account-private-key-file=${pki.serviceAccountKey}`,
      `--root-ca-file=${pki.ca}`,
      "--use-service-account-credentials",
      // A third and a tenth of the defaults, so that a suite sees an autoscaler act within a minute or two.
      "--horizontal-pod-autoscaler-sync-period=5s",
      "--horizontal-pod-autoscaler-downscale-stabilization=30s",
      leaderElection,
    ],
    inNode: true,
  },
  metricsServer,
  { name: "kube-scheduler", argv: ["kube-scheduler", `--kubeconfig=${kubeconfig}`, leaderElection], inNode: true },
  ...nodeDaemons(firstNode),
];

/** The text of every configuration file, by path. */
export function configurations(): Record<string, string> {
  const registry = `localhost:${String(ports.registry)}`;
  return {
    [files.buildkitd]: `
root = ${JSON.stringify(buildkitRoot)}
[grpc]
  address = ["unix://${sockets.buildkit}"]
[worker.oci]
  enabled = true
  networkMode = "host"
  defaultCgroupParent = "/${cgroup()}/builds"
  binary = ${JSON.stringify(locate("runc"))}
[worker.containerd]
  enabled = false
[registry."docker.io"]
  mirrors = ["${registry}"]
[registry."${registry}"]
  http = true
[registry."${ecrRegistry.host}"]
  ca = ["${pki.ca}"]
`,
    [files.objects]: JSON.stringify({ apiVersion: "v1", kind: "List", items: metricsServerObjects }),
    ...awsConfigurations(),
    ...nodeConfigurations(firstNode),
  };
}
