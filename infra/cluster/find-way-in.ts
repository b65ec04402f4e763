import { z } from "zod";
import { Failure } from "../base";
import type { ExposeConfig } from "../config";
import type { Cluster } from "./cluster";
import { getFromApi } from "./kubectl";

/** How requests from outside of the cluster reach the service. */
export interface WayIn extends Readonly<Omit<ExposeConfig, "from">> {
  /** Namespaces and networks that the connections come from. */
  readonly from: readonly string[];
}

const list = z.object({
  items: z.array(
    z.object({ metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).optional() }) }),
  ),
});

/** Helm writes this on every object of a chart: the namespace that the chart's pods are in. */
const helmNamespace = "meta.helm.sh/release-namespace";

/**
 * Finds the Gateway or the IngressClass that a service is exposed by.
 *
 * @throws Failure if the cluster has none of that name, naming those that it has, or if nothing tells where the
 * connections come from.
 */
export async function findWayIn(cluster: Cluster, expose: ExposeConfig): Promise<WayIn> {
  const { gateway, ingress, from } = expose;
  if (gateway) {
    const { name, namespace } = gateway;
    const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/gateways`;
    await findNamed(cluster, path, name, `Gateway ${name} in the namespace ${namespace}`, "expose.gateway.name");
    return { ...expose, from: from ?? [namespace] };
  }
  const name = ingress?.class ?? "";
  const path = "/apis/networking.k8s.io/v1/ingressclasses";
  const found = await findNamed(cluster, path, name, `IngressClass ${name}`, "expose.ingress.class");
  const namespace = found.annotations?.[helmNamespace];
  if (from === undefined && namespace === undefined) {
    throw new Failure(
      `the network policy must let the controller of the IngressClass ${name} in, and nothing says where it runs: set ` +
        "expose.from to a list of its namespace, or of the load balancer's networks, such as the subnets of an ALB.",
    );
  }
  return { ...expose, from: from ?? [namespace ?? ""] };
}

async function findNamed(cluster: Cluster, path: string, name: string, what: string, key: string) {
  const answer = await getFromApi(cluster, path, `for the ${what}`);
  if (answer === undefined) {
    throw new Failure(
      `the cluster has no ${what}: it doesn't know Gateways (gateway.networking.k8s.io/v1). Install a controller of the ` +
        "Gateway API with its CRDs, or set expose.ingress instead.",
    );
  }
  const { items } = list.parse(JSON.parse(answer));
  const found = items.find(({ metadata }) => metadata.name === name);
  if (found === undefined) {
    const others = items.map(({ metadata }) => metadata.name).join(", ") || "none";
    throw new Failure(
      `the cluster has no ${what}; it has ${others}. Make it, or choose another with pulumi config set --path ${key} NAME.`,
    );
  }
  return found.metadata;
}
