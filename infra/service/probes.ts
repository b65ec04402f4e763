import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** Name of the container port; probes and Service refer to it, so that the number stands in one place. */
export const portName = "http";

/** When a probe asks and when it gives up; everything in seconds but the threshold, which counts failures in a row. */
export interface ProbeTiming {
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

/**
 * Three probes on one path. Readiness reacts: a pod that fails leaves the endpoints. Liveness is far more patient than
 * readiness and than the whole stop, since it restarts the container: a busy service must shed load before that, and a
 * draining one answers 503 on purpose. {@link startupTiming} holds both back.
 */
export const probeTimings: Readonly<Record<"readiness" | "liveness", ProbeTiming>> = {
  readiness: { periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 2 },
  liveness: { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
};

/** Asks every second, for rollouts to be quick, and gives up after so many seconds. */
export function startupTiming(seconds: number): ProbeTiming {
  return { periodSeconds: 1, timeoutSeconds: 1, failureThreshold: seconds };
}

/** Seconds of failure until a probe acts. */
export function patience({ periodSeconds, failureThreshold }: ProbeTiming): number {
  return periodSeconds * failureThreshold;
}

/** A container's three probes, as HTTP GET of `path` on its port {@link portName}; `startup` is in seconds. */
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
