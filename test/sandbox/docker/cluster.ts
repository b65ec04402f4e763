import { writeFileSync } from "node:fs";
import type { ServiceName } from "../ground/ground";
import type { State } from "./containers";
import { containers, type Docker, filesOf } from "./place";
import { untilReady } from "./until-ready";

/** How kind calls the cluster. Its context in the sandbox's kubeconfig is called as on the other ground. */
const [cluster, context] = ["ping-sandbox", "sandbox"];

/** The port of the node that leads to a Service; the node's container publishes it. */
const nodePort = 30080;

/** What kind makes the cluster of. */
const configuration = ({ place: { ports } }: Docker) => ({
  kind: "Cluster",
  apiVersion: "kind.x-k8s.io/v1alpha4",
  networking: { apiServerAddress: "127.0.0.1", apiServerPort: ports.apiServer },
  nodes: [
    {
      role: "control-plane",
      labels: { "topology.kubernetes.io/zone": "zone-a" },
      extraPortMappings: [{ containerPort: nodePort, hostPort: ports.service, listenAddress: "127.0.0.1" }],
    },
  ],
});

/** Brings the cluster up and writes its kubeconfig. */
export async function startCluster(docker: Docker, state: State, signal: AbortSignal): Promise<void> {
  const files = filesOf(docker.place.run);
  if (state === "absent") {
    writeFileSync(files.kind, JSON.stringify(configuration(docker)));
    const where = ["--kubeconfig", files.kubeconfig, "--config", files.kind];
    await docker.run(["kind", "create", "cluster", "--name", cluster, ...where], signal);
  } else if (state === "stopped") {
    await docker.run(["docker", "start", containers.node], signal);
  }
  const kubeconfig = await docker.run(["kind", "get", "kubeconfig", "--name", cluster], signal);
  writeFileSync(files.kubeconfig, kubeconfig.replaceAll(`kind-${cluster}`, context), { mode: 0o600 });
  const wait = ["kubectl", "wait", "node", "--all", "--for=condition=Ready", "--timeout=5s"] as const;
  await untilReady("the cluster", () => docker.run(wait, signal), signal);
}

/**
 * Leads the node's port to the pods of a Service: a Service of the type NodePort beside it, with its selector. It is no part of
 * the stack, and goes with the namespace.
 */
export async function openNodePort(docker: Docker, name: ServiceName, signal: AbortSignal): Promise<void> {
  const { nodePort: file } = filesOf(docker.place.run);
  const label = "ping-sandbox/node-port";
  const get = ["kubectl", "get", "service", name.service, "--namespace", name.namespace, "--output", "json"] as const;
  const { spec } = JSON.parse(await docker.run(get, signal)) as {
    spec: { selector: Record<string, string>; ports: { port: number; targetPort: number | string }[] };
  };
  const [{ port, targetPort } = { port: 80, targetPort: 80 }] = spec.ports;
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: `${name.service}-node-port`, namespace: name.namespace, labels: { [label]: "true" } },
    spec: { type: "NodePort", selector: spec.selector, ports: [{ port, targetPort, nodePort }] },
  };
  writeFileSync(file, JSON.stringify(service));
  // One of another namespace or name would hold the port.
  await docker.run(["kubectl", "delete", "services", "--all-namespaces", "--selector", label], signal);
  await docker.run(["kubectl", "create", "--filename", file], signal);
}
