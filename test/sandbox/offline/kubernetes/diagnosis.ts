import { objectAt, objectsAt, type Properties, textAt } from "../values";
import type { ObjectName } from "./names";
import type { Objects } from "./objects";
import { describePod, describeWarnings, isPodReady, lastLines, shownLines, silentContainers } from "./pod-report";

/** How long collecting evidence may take, in milliseconds: the update has already failed and someone waits. */
const patience = 10_000;

/** How many pods are described; the rest is counted. */
const shown = 5;

/**
 * What the cluster knows about why a Deployment or a Service has no ready pods: each pod that isn't ready, its
 * containers' states and last lines, and recent warnings. Never fails: what can't be read is left out.
 */
export async function diagnose(objects: Objects, name: ObjectName, object: Properties): Promise<string[]> {
  const signal = AbortSignal.timeout(patience);
  const { namespace } = name;
  const [pods, replicaSets, events] = await Promise.all([
    orNothing(() =>
      objects.list({ apiVersion: "v1", kind: "Pod", namespace }, { labelSelector: podSelector(name, object) }, signal),
    ),
    orNothing(() => objects.list({ apiVersion: "apps/v1", kind: "ReplicaSet", namespace }, {}, signal)),
    orNothing(() => objects.list({ apiVersion: "v1", kind: "Event", namespace }, {}, signal)),
  ]);
  const owned = replicaSets.filter((set) =>
    objectsAt(set, "metadata", "ownerReferences").some((owner) => owns(object, owner)),
  );
  const unready = pods.filter((pod) => !isPodReady(pod));
  const described = await Promise.all(unready.slice(0, shown).map((pod) => describeWithLog(objects, pod, signal)));
  const names = new Set([name.name, ...[...owned, ...unready].map((entry) => textAt(entry, "metadata", "name"))]);
  const warnings = describeWarnings(events, names);
  return [
    ...described.flat(),
    ...(unready.length > shown ? [`and ${unready.length - shown} more pods that aren't ready`] : []),
    ...(warnings.length > 0 ? ["warnings:", ...warnings.map((line) => `  ${line}`)] : []),
  ];
}

function podSelector({ kind }: ObjectName, object: Properties): string {
  const labels =
    kind === "Service" ? objectAt(object, "spec", "selector") : objectAt(object, "spec", "selector", "matchLabels");
  return Object.keys(labels)
    .map((key) => `${key}=${textAt(labels, key)}`)
    .join(",");
}

function owns(object: Properties, owner: Properties): boolean {
  return textAt(owner, "uid") !== "" && textAt(owner, "uid") === textAt(object, "metadata", "uid");
}

async function describeWithLog(objects: Objects, pod: Properties, signal: AbortSignal): Promise<string[]> {
  const { namespace, name } = {
    namespace: textAt(pod, "metadata", "namespace"),
    name: textAt(pod, "metadata", "name"),
  };
  const logs = await Promise.all(
    silentContainers(pod).map(async (container) => {
      const text = await orNothing(async () => [
        await objects.api.text(`/api/v1/namespaces/${namespace}/pods/${name}/log`, {
          query: { container, tailLines: String(shownLines) },
          signal,
        }),
      ]);
      const lines = lastLines(text.join(""));
      return lines.length > 0 ? [`  last lines of ${container}:`, ...lines.map((line) => `    | ${line}`)] : [];
    }),
  );
  return [...describePod(pod), ...logs.flat()];
}

async function orNothing<Item>(read: () => Promise<Item[]>): Promise<Item[]> {
  try {
    return await read();
  } catch {
    return [];
  }
}
