import { z } from "zod";
import { Failure } from "../../common";
import { deploymentType, type Resource } from "../stack";
import { healthMethod } from "./grpc-health";

/** A stack's Deployment, as the stack's resources describe it. */
export interface Deployment {
  readonly namespace: string;
  readonly name: string;
  /** The label selector of its pods, as kubectl takes it. */
  readonly selector: string;
  /** What its pods' readiness probe asks. */
  readonly health: HealthCheck;
}

/** A question over HTTP, or over gRPC for the health of a service, whose name is empty for the whole server. */
export type HealthCheck =
  | { readonly path: string; readonly port: number }
  | { readonly service: string; readonly port: number };

const container = z.object({
  ports: z.array(z.object({ name: z.string().optional(), containerPort: z.number() })).default([]),
  readinessProbe: z.union([
    z.object({ httpGet: z.object({ path: z.string(), port: z.union([z.string(), z.number()]) }) }),
    z.object({ grpc: z.object({ service: z.string().default(""), port: z.number() }) }),
  ]),
});
const inputs = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    template: z.object({ spec: z.object({ containers: z.tuple([container], z.unknown()) }) }),
  }),
});

/** Finds a stack's Deployment. @throws Failure where the stack has none with a readiness probe over HTTP or gRPC. */
export function findDeployment(stack: string, resources: readonly Resource[]): Deployment {
  const found = inputs.safeParse(resources.find(({ type }) => type === deploymentType)?.inputs);
  if (!found.success) {
    throw new Failure(`the stack ${stack} has no Deployment with a readiness probe over HTTP or gRPC`);
  }
  const { metadata, spec } = found.data;
  const [{ ports, readinessProbe }] = spec.template.spec.containers;
  return {
    ...metadata,
    selector: Object.entries(spec.selector.matchLabels)
      .map(([label, value]) => `${label}=${value}`)
      .join(","),
    health:
      "grpc" in readinessProbe
        ? readinessProbe.grpc
        : { path: readinessProbe.httpGet.path, port: portNumber(readinessProbe.httpGet.port, ports) },
  };
}

/** What messages call a health check. */
export function nameOf(health: HealthCheck): string {
  return "path" in health ? health.path : healthMethod.slice(1);
}

/** A probe may name one of the container's ports. */
function portNumber(port: string | number, ports: z.infer<typeof container>["ports"]): number {
  const number = typeof port === "number" ? port : ports.find(({ name }) => name === port)?.containerPort;
  if (number === undefined) {
    throw new Failure(`the readiness probe asks the port ${port}, which its container doesn't have`);
  }
  return number;
}
