import { at, numberAt, objectAt, objectsAt, type Properties, textAt } from "../values";

/** How far an object is on its way to being ready. */
export type Readiness =
  | { readonly state: "ready" }
  /** `message` says what is missing, in a line that is shown while waiting. */
  | { readonly state: "waiting"; readonly message: string }
  /** It will not get there any more. */
  | { readonly state: "failed"; readonly message: string };

const ready: Readiness = { state: "ready" };

/**
 * Whether a Deployment's newest revision has taken over: the rule of `kubectl rollout status`. Unlike the real
 * provider, which waits until its own timeout, `ProgressDeadlineExceeded` ends the wait. `applied` is the Deployment as
 * the wait began, `waited` the seconds since: a verdict from before says nothing about this rollout, because the
 * controller keeps it until something progresses, so it counts only once the deadline has passed again.
 */
export function deploymentReadiness(deployment: Properties, applied: Properties, waited: number): Readiness {
  if (at(deployment, "spec", "paused") === true) {
    return ready;
  }
  if (numberAt(0, deployment, "status", "observedGeneration") < numberAt(0, deployment, "metadata", "generation")) {
    return { state: "waiting", message: "waiting for the controller to see the new revision" };
  }
  const verdict = missedDeadline(deployment);
  const seconds = numberAt(600, deployment, "spec", "progressDeadlineSeconds");
  if (verdict !== undefined && (verdict !== missedDeadline(applied) || waited > seconds)) {
    return { state: "failed", message: `no progress within ${seconds} s (spec.progressDeadlineSeconds)` };
  }
  const status = objectAt(deployment, "status");
  const wanted = numberAt(1, deployment, "spec", "replicas");
  const updated = numberAt(0, status, "updatedReplicas");
  const available = numberAt(0, status, "availableReplicas");
  const old = numberAt(0, status, "replicas") - updated;
  if (updated < wanted) {
    return { state: "waiting", message: `${updated} of ${wanted} new pods created` };
  }
  if (available < updated) {
    return { state: "waiting", message: `${available} of ${updated} new pods available` };
  }
  return old > 0 ? { state: "waiting", message: `${old} old pods still to be removed` } : ready;
}

/**
 * Whether a Service has somewhere to send traffic: at least one ready endpoint in its EndpointSlices, and an address
 * where it is a load balancer. An ExternalName or a Service without selector is not waited for.
 */
export function serviceReadiness(service: Properties, slices: readonly Properties[]): Readiness {
  const type = textAt(service, "spec", "type");
  const selector = objectAt(service, "spec", "selector");
  const endpoints = slices.flatMap((slice) => objectsAt(slice, "endpoints"));
  const isReady = endpoints.some((endpoint) => at(endpoint, "conditions", "ready") !== false);
  if (type !== "ExternalName" && Object.keys(selector).length > 0 && !isReady) {
    const pods = endpoints.length === 0 ? "no pod matches its selector yet" : "none of its pods is ready yet";
    return { state: "waiting", message: `no ready endpoint: ${pods}` };
  }
  if (type === "LoadBalancer" && objectsAt(service, "status", "loadBalancer", "ingress").length === 0) {
    return { state: "waiting", message: "waiting for the load balancer's address" };
  }
  return ready;
}

/** Whether a Namespace can be used. */
export function namespaceReadiness(namespace: Properties): Readiness {
  const phase = textAt(namespace, "status", "phase");
  return phase === "Active" ? ready : { state: "waiting", message: `its phase is ${phase || "not set yet"}` };
}

/** When the controller found that a Deployment does not progress, or undefined while it has not. */
function missedDeadline(deployment: Properties): string | undefined {
  const progressing = objectsAt(deployment, "status", "conditions").find((entry) => entry["type"] === "Progressing");
  return textAt(progressing, "reason") === "ProgressDeadlineExceeded"
    ? textAt(progressing, "lastUpdateTime")
    : undefined;
}
