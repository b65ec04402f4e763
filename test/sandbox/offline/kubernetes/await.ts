import { at, type Properties, textAt } from "../values";
import { diagnose } from "./diagnosis";
import type { ObjectName } from "./names";
import type { Objects } from "./objects";
import { deploymentReadiness, namespaceReadiness, type Readiness, serviceReadiness } from "./readiness";
import { waitUntilReady, type WaitOptions } from "./wait";

/** How long an object has to become ready or to go, in seconds, where nothing else is said: as in the real provider. */
const defaultTimeout = 600;

/**
 * Milliseconds to wait for an object: `customTimeouts` of the resource, else its `pulumi.com/timeoutSeconds`
 * annotation, else ten minutes.
 */
export function timeoutOf(object: Properties, customTimeout: number): number {
  const annotation = Number(textAt(object, "metadata", "annotations", "pulumi.com/timeoutSeconds"));
  return (customTimeout || annotation || defaultTimeout) * 1000;
}

/**
 * Waits for an object that was applied, and returns it as it is then, with the problem if it did not get ready.
 * Deployments, Services and Namespaces are waited for, unless the `pulumi.com/skipAwait` annotation says otherwise;
 * everything else is ready when it is stored.
 */
export async function awaitReadiness(
  objects: Objects,
  name: ObjectName,
  applied: Properties,
  options: WaitOptions,
): Promise<{ object: Properties; problem: string | undefined }> {
  const readiness = readinessOf(objects, name);
  if (readiness === undefined || at(applied, "metadata", "annotations", "pulumi.com/skipAwait") === "true") {
    return { object: applied, problem: undefined };
  }
  let object = applied;
  const started = performance.now();
  const uid = textAt(applied, "metadata", "uid");
  const notReady = await waitUntilReady(async (signal) => {
    const live = await objects.get(name, signal);
    if (live === undefined || textAt(live, "metadata", "uid") !== uid) {
      return { state: "failed", message: "someone else has deleted it in the meantime" };
    }
    object = live;
    return readiness({ live, applied, waited: (performance.now() - started) / 1000 }, signal);
  }, options);
  if (notReady === undefined) {
    return { object, problem: undefined };
  }
  const evidence = notReady.cause === "cancelled" ? [] : await diagnose(objects, name, object);
  const lines = [`${name.kind} ${name.namespace}/${name.name}: ${notReady.message}`, ...evidence];
  return { object, problem: lines.join("\n  ") };
}

/** Waits until an object is gone, or another has taken its name; returns why it isn't. An empty `uid` is any object. */
export async function awaitDeletion(
  objects: Objects,
  name: ObjectName,
  uid: string,
  options: WaitOptions,
): Promise<string | undefined> {
  const notGone = await waitUntilReady(async (signal) => {
    const live = await objects.get(name, signal);
    const gone = live === undefined || (uid !== "" && textAt(live, "metadata", "uid") !== uid);
    return gone ? { state: "ready" } : { state: "waiting", message: deletionState(live) };
  }, options);
  return notGone?.message;
}

/** Finalizers that Kubernetes itself sets and takes away again, which are no reason to worry. */
const ownFinalizers: ReadonlySet<string> = new Set(["foregroundDeletion", "kubernetes", "orphan"]);

function deletionState(live: Properties): string {
  const finalizers = [at(live, "metadata", "finalizers"), at(live, "spec", "finalizers")].flat();
  const names = finalizers.filter((name) => typeof name === "string");
  const foreign = names.filter((name) => !ownFinalizers.has(name));
  return foreign.length > 0 ? `waiting for deletion, held by ${foreign.join(", ")}` : "waiting for deletion";
}

interface Look {
  readonly live: Properties;
  /** The object as the wait began. */
  readonly applied: Properties;
  /** Seconds since the wait began. */
  readonly waited: number;
}

function readinessOf(
  objects: Objects,
  { apiVersion, kind, namespace, name }: ObjectName,
): ((look: Look, signal: AbortSignal) => Readiness | Promise<Readiness>) | undefined {
  switch (`${apiVersion}/${kind}`) {
    case "apps/v1/Deployment":
      return ({ live, applied, waited }) => deploymentReadiness(live, applied, waited);
    case "v1/Namespace":
      return ({ live }) => namespaceReadiness(live);
    case "v1/Service":
      return async ({ live }, signal) => {
        const slices = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", namespace };
        const query = { labelSelector: `kubernetes.io/service-name=${name}` };
        return serviceReadiness(live, await objects.list(slices, query, signal));
      };
    default:
      return undefined;
  }
}
