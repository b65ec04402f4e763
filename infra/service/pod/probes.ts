import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { HealthCheck } from "../../config";

/** Name of the container port. Probes, Service and NetworkPolicy use it, so that the number stands in one place. */
export const portName = "http";

/** When a probe asks and when it acts. The threshold counts failures in a row; the others are seconds. */
interface ProbeTiming {
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

/** Seconds that a health check may take, of each probe: the check of a database may take one or two. */
const timeoutSeconds = 5;

/**
 * Readiness is quick: it takes a failing pod out of the endpoints. Liveness restarts the container, so it waits much
 * longer than readiness, in which time a busy pod can recover, and longer than a whole stop, in which a draining pod
 * answers 503. Both start after the startup probe succeeds.
 */
export const probeTimings: Readonly<Record<"readiness" | "liveness", ProbeTiming>> = {
  readiness: { periodSeconds: 5, timeoutSeconds, failureThreshold: 2 },
  liveness: { periodSeconds: 10, timeoutSeconds, failureThreshold: 6 },
};

/**
 * The startup probe asks every second, so that a rollout is quick. It fails after this many seconds in which the service
 * refuses connections or answers. A check that waits in vain delays the next one.
 */
export function startupTiming(seconds: number): ProbeTiming {
  return { periodSeconds: 1, timeoutSeconds, failureThreshold: seconds };
}

/** Seconds of failure until a probe acts. */
export function patience({ periodSeconds, failureThreshold }: ProbeTiming): number {
  return periodSeconds * failureThreshold;
}

type Probes = Required<Pick<types.input.core.v1.Container, "startupProbe" | "readinessProbe" | "livenessProbe">>;

/**
 * A container's three probes.
 *
 * @param port The container's port {@link portName}. Kubernetes takes no name of a port for gRPC.
 * @param startup Seconds after which the startup probe fails.
 */
export function probes(health: HealthCheck, port: pulumi.Input<number>, startup: number): Probes {
  const { check, livenessCheck } = checks(health, port);
  return {
    startupProbe: { ...check, ...startupTiming(startup) },
    readinessProbe: { ...check, ...probeTimings.readiness },
    livenessProbe: { ...livenessCheck, ...probeTimings.liveness },
  };
}

/** What the probes ask. */
function checks(health: HealthCheck, port: pulumi.Input<number>) {
  if (health.protocol === "grpc") {
    const grpc = { port, ...(health.service === undefined ? {} : { service: health.service }) };
    return { check: { grpc }, livenessCheck: { grpc } };
  }
  const get = (path: string) => ({ httpGet: { path, port: portName } });
  return { check: get(health.path), livenessCheck: get(health.livenessPath) };
}
