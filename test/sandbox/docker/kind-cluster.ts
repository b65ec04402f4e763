import { writeFileSync } from "node:fs";
import type { ServiceName } from "../ground/ground";
import { forSeconds, until } from "../ground/until";
import type { State } from "./containers";
import { containers, type Docker, filesOf, readyWithin } from "./place";

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
  const files = filesOf(docker.place.directory);
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
  await until("the cluster", () => docker.run(wait, signal), forSeconds(readyWithin), signal);
}

/** A Service, as far as its requests are led on. */
interface Target {
  readonly spec: {
    readonly selector: Record<string, string>;
    readonly ports: { readonly port: number; readonly targetPort: number | string }[];
  };
}

interface Made {
  readonly metadata: { readonly name: string; readonly namespace: string };
}

/**
 * Leads the node's port to the pods of a Service: a Service of the type NodePort beside it, with its selector. It is no part of
 * the stack, and goes with the namespace.
 */
export async function openNodePort(docker: Docker, name: ServiceName, signal: AbortSignal): Promise<void> {
  const { nodePort: file } = filesOf(docker.place.directory);
  const label = "ping-sandbox/node-port";
  const { namespace, service } = name;
  const metadata = { name: `${service}-node-port`, namespace, labels: { [label]: "true" } };
  const [{ spec }, { items }] = await Promise.all([
    get<Target>(docker, ["service", service, "--namespace", namespace], signal),
    get<{ readonly items: readonly Made[] }>(docker, ["services", "--all-namespaces", "--selector", label], signal),
  ]);
  const [{ port, targetPort } = { port: 80, targetPort: 80 }] = spec.ports;
  const leading = {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec: { type: "NodePort", selector: spec.selector, ports: [{ port, targetPort, nodePort }] },
  };
  writeFileSync(file, JSON.stringify(leading));
  // One of another namespace or name would hold the port. This one stays: made anew, it would lead nowhere for a moment.
  const others = items
    .map((each) => each.metadata)
    .filter((each) => each.name !== metadata.name || each.namespace !== namespace);
  for (const other of others) {
    await docker.run(["kubectl", "delete", "service", other.name, "--namespace", other.namespace], signal);
  }
  await docker.run(["kubectl", "apply", "--filename", file], signal);
}

/** What there is of a kind in the cluster. */
async function get<T>(docker: Docker, what: readonly [string, ...string[]], signal: AbortSignal): Promise<T> {
  return JSON.parse(await docker.run(["kubectl", "get", ...what, "--output", "json"], signal)) as T;
}
