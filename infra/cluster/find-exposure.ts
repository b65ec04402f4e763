import { z } from "zod";
import { Failure } from "../../common";
import type { ExposeConfig } from "../config";
import type { Cluster } from "./cluster";
import { getFromApi } from "./ask-api";

/** How requests from outside of the cluster reach the service. */
export interface Exposure extends Readonly<Omit<ExposeConfig, "from">> {
  /** Namespaces and networks that the connections come from. */
  readonly from: readonly string[];
}

const list = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
      spec: z.object({ controller: z.string().optional() }),
    }),
  ),
});

/** Helm writes its release's namespace on each object. The controller's pods are normally in that namespace. */
const helmNamespace = "meta.helm.sh/release-namespace";

/** Controllers of load balancers that aren't pods. */
const outside = ["ingress.k8s.aws/alb", "eks.amazonaws.com/alb"];

/**
 * Finds the Gateway or the IngressClass that a service is exposed by.
 *
 * @throws Failure if the cluster has none of that name, naming those that it has, or if nothing tells where the
 * connections come from.
 */
export async function findExposure(cluster: Cluster, expose: ExposeConfig): Promise<Exposure> {
  const { gateway, ingress, from } = expose;
  const namespace = gateway ? await findGateway(cluster, gateway) : await findController(cluster, ingress?.class ?? "");
  const peers = from ?? (namespace === undefined ? undefined : [namespace]);
  if (peers === undefined) {
    throw new Failure(
      "the network policy must let the controller of the Ingress in, and nothing says where it runs: set expose.from to a " +
        "list of its namespace, or of the load balancer's networks, such as the subnets of an ALB.",
    );
  }
  return { ...expose, from: peers };
}

/** The Gateway's namespace, once the Gateway is known to be there. */
async function findGateway(cluster: Cluster, { name, namespace }: NonNullable<ExposeConfig["gateway"]>) {
  const what = `Gateway ${name} in the namespace ${namespace}`;
  const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/gateways`;
  const answer = await getFromApi(cluster, path, `for the ${what}`);
  if (answer === undefined) {
    throw new Failure(
      `the cluster has no ${what}: it doesn't know Gateways (gateway.networking.k8s.io/v1). Install a controller of the ` +
        "Gateway API with its CRDs, or set expose.ingress instead.",
    );
  }
  findNamed(answer, name, what, "expose.gateway.name");
  return namespace;
}

/** Namespace of an IngressClass' controller. Undefined if nothing tells it. */
async function findController(cluster: Cluster, name: string): Promise<string | undefined> {
  const what = `IngressClass ${name}`;
  const answer = await getFromApi(cluster, "/apis/networking.k8s.io/v1/ingressclasses", `for the ${what}`);
  const { metadata, spec } = findNamed(answer ?? '{"items":[]}', name, what, "expose.ingress.class");
  return outside.includes(spec.controller ?? "") ? undefined : metadata.annotations?.[helmNamespace];
}

function findNamed(answer: string, name: string, what: string, key: string) {
  const { items } = list.parse(JSON.parse(answer));
  const found = items.find(({ metadata }) => metadata.name === name);
  if (found === undefined) {
    const others = items.map(({ metadata }) => metadata.name).join(", ") || "none";
    throw new Failure(
      `the cluster has no ${what}; it has ${others}. Make it, or choose another with pulumi config set --path ${key} NAME.`,
    );
  }
  return found;
}
