import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** Name of the container port. Probes, Service and NetworkPolicy use it, so that the number stands in one place. */
export const portName = "http";

/** When a probe asks and when it acts. The threshold counts failures in a row; the others are seconds. */
export interface ProbeTiming {
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

/**
 * Readiness is quick: it takes a failing pod out of the endpoints. Liveness restarts the container, so it waits much
 * longer than readiness, in which time a busy pod can recover, and longer than a whole stop, in which a draining pod
 * answers 503. Both start after the startup probe succeeds.
 */
export const probeTimings: Readonly<Record<"readiness" | "liveness", ProbeTiming>> = {
  readiness: { periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 2 },
  liveness: { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
};

/** The startup probe asks every second, so that a rollout is quick. It fails after this many seconds. */
export function startupTiming(seconds: number): ProbeTiming {
  return { periodSeconds: 1, timeoutSeconds: 1, failureThreshold: seconds };
}

/** Seconds of failure until a probe acts. */
export function patience({ periodSeconds, failureThreshold }: ProbeTiming): number {
  return periodSeconds * failureThreshold;
}

/**
 * A container's three probes: HTTP GET on its port {@link portName}.
 *
 * @param startup Seconds after which the startup probe fails.
 */
export function probes(
  path: pulumi.Input<string>,
  startup: number,
): Required<Pick<types.input.core.v1.Container, "startupProbe" | "readinessProbe" | "livenessProbe">> {
  const httpGet = { path, port: portName };
  return {
    startupProbe: { httpGet, ...startupTiming(startup) },
    readinessProbe: { httpGet, ...probeTimings.readiness },
    livenessProbe: { httpGet, ...probeTimings.liveness },
  };
}
