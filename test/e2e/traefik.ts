import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ports } from "../sandbox/ground/paths";
import { firstNode } from "../sandbox/network/cluster-node";
import { createServerCertificate, pki } from "../sandbox/network/pki";
import { traefik } from "../sandbox/toolchain/binaries";
import { buildBinaries } from "../sandbox/toolchain/build-binaries";
import { moduleDirectory } from "../sandbox/toolchain/go-modules";
import { succeed } from "../support/execute";
import type { Target } from "./load/load";

/** Where requests for a host come in. */
export interface Entrance {
  /** Address of the controller's Service, which takes connections on port 443. */
  readonly address: string;
  /** What vegeta needs for a URL of that host. */
  readonly target: Target;
  /** curl with what it needs for a URL of that host. */
  readonly curl: readonly string[];
}

/** Namespace of the controller and of its Gateways. */
export const namespace = "traefik";
/** The listener's port must be that of Traefik's entry point. */
const port = 8443;
const metadata = { name: "traefik", namespace };
const labels = { app: "traefik" };

/** A Secret with a certificate for a host, as cert-manager would make it. */
export function certificateSecret(name: string, inNamespace: string, host: string) {
  const directory = mkdtempSync(join(tmpdir(), "ping-e2e-certificate-"));
  try {
    const [crt, key] = [join(directory, "tls.crt"), join(directory, "tls.key")];
    createServerCertificate(crt, key, host);
    const stringData = { "tls.crt": readFileSync(crt, "utf8"), "tls.key": readFileSync(key, "utf8") };
    const named = { name, namespace: inNamespace };
    return { apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls", metadata: named, stringData };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function gateway(name: string, hostname: string, from: "All" | "Same") {
  const listener = {
    name: "https",
    protocol: "HTTPS",
    port,
    hostname,
    tls: { certificateRefs: [{ name: "certificate" }] },
    allowedRoutes: { namespaces: { from } },
  };
  const spec = { gatewayClassName: "traefik", listeners: [listener] };
  return { apiVersion: "gateway.networking.k8s.io/v1", kind: "Gateway", metadata: { name, namespace }, spec };
}

/** What Traefik's Helm chart makes, and two Gateways: `public` takes routes of every namespace, `closed` of its own alone. */
const objects = (binary: string, host: string) => [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
  { apiVersion: "v1", kind: "ServiceAccount", metadata },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "traefik" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", ...metadata }],
  },
  certificateSecret("certificate", namespace, host),
  { apiVersion: "v1", kind: "Service", metadata, spec: { selector: labels, ports: [{ port: 443, targetPort: port }] } },
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: { name: "traefik", annotations: { "meta.helm.sh/release-namespace": namespace } },
    spec: { controller: "traefik.io/ingress-controller" },
  },
  {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GatewayClass",
    metadata: { name: "traefik" },
    spec: { controllerName: "traefik.io/gateway-controller" },
  },
  gateway("public", host, "All"),
  gateway("closed", host, "Same"),
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: "traefik",
          terminationGracePeriodSeconds: 1,
          // It stays where it is while the other node is drained.
          nodeName: firstNode.name,
          volumes: [{ name: "binary", hostPath: { path: binary } }],
          containers: [
            {
              name: "traefik",
              image: `localhost:${String(ports.registry)}/pause:latest`,
              command: ["/binary/traefik"],
              args: [
                `--entrypoints.websecure.address=:${String(port)}`,
                "--entrypoints.websecure.http.tls=true",
                "--providers.kubernetesgateway=true",
                "--providers.kubernetesingress.ingressclass=traefik",
                `--providers.kubernetesingress.ingressendpoint.ip=${firstNode.address}`,
                "--entrypoints.ping.address=:8082",
                "--ping.entrypoint=ping",
                "--global.checknewversion=false",
                // Which pod was asked, where a request failed.
                "--accesslog=true",
                "--accesslog.filters.statuscodes=500-599",
                "--accesslog.format=json",
              ],
              env: [
                { name: "KUBERNETES_SERVICE_HOST", value: firstNode.address },
                { name: "KUBERNETES_SERVICE_PORT", value: String(ports.apiServer) },
              ],
              readinessProbe: { httpGet: { path: "/ping", port: 8082 }, periodSeconds: 1 },
              volumeMounts: [{ name: "binary", mountPath: "/binary", readOnly: true }],
            },
          ],
        },
      },
    },
  },
];

/** The way to a host by the controller at an address. */
export function entranceTo(host: string, address: string): Entrance {
  const connectTo = `${host}:443:${address}:443`;
  return {
    address,
    target: { url: `https://${host}/`, flags: [`-connect-to=${connectTo}`, `-root-certs=${pki.ca}`] },
    curl: ["curl", "--silent", "--show-error", "--cacert", pki.ca, "--connect-to", connectTo],
  };
}

/**
 * Runs `work` with Traefik in the cluster, which serves Gateways and Ingresses for a host, or for all below `*.` and a domain.
 * Nothing of it stays.
 */
export async function withTraefik(
  env: NodeJS.ProcessEnv,
  host: string,
  work: (entrance: Entrance) => Promise<void>,
): Promise<void> {
  const [binary = ""] = await buildBinaries(new AbortController().signal, [traefik]);
  const kubectl = (...args: string[]) => succeed(["kubectl", ...args], { env });
  const directory = mkdtempSync(join(tmpdir(), "ping-e2e-traefik-"));
  const file = join(directory, "objects.json");
  writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects(binary, host) }));
  const api = ["go", "list", "-m", "-f={{.Dir}}", "sigs.k8s.io/gateway-api"] as const;
  const definitions = join((await succeed(api, { cwd: moduleDirectory("traefik") })).trim(), "config/crd/standard");
  try {
    await kubectl("apply", "--server-side", `--filename=${definitions}`);
    await kubectl("wait", "--for=condition=established", "--timeout=60s", "crd", "--all");
    await kubectl("apply", "--server-side", `--filename=${file}`);
    await kubectl("rollout", "status", "deployment/traefik", `--namespace=${namespace}`, "--timeout=180s");
    const address = await kubectl(
      "get",
      "service",
      "traefik",
      `--namespace=${namespace}`,
      "--output=jsonpath={.spec.clusterIP}",
    );
    await work(entranceTo(host, address));
  } finally {
    await kubectl("delete", "--ignore-not-found", `--filename=${file}`);
    await kubectl("delete", "--ignore-not-found", `--filename=${definitions}`);
    rmSync(directory, { recursive: true });
  }
}

/** What Traefik says of the requests that failed. */
export async function failedRequests(env: NodeJS.ProcessEnv): Promise<string> {
  const log = await succeed(["kubectl", "logs", `--namespace=${namespace}`, "deployment/traefik"], { env });
  return log
    .split("\n")
    .filter((line) => line.includes("DownstreamStatus"))
    .join("\n");
}
