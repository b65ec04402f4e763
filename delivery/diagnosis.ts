import { type Evidence, isReady, type Pod, shownLines } from "./evidence";

/** How many pods and events are described at most. */
const [shownPods, shownEvents] = [3, 5];

/**
 * Says why a rollout isn't complete: the Deployment's conditions that aren't met, each pod of the newest ReplicaSet that
 * isn't ready with the states and last lines of its containers, and the last warnings. Pulumi's Kubernetes provider names
 * a container that crashes, but says nothing of a failing probe, a quota or a missing node.
 */
export function explain({ deployment, replicaSets, pods, events, logs }: Evidence): string[] {
  const newest = newestReplicaSet(replicaSets, deployment.metadata.uid);
  const unready = pods.filter((each) => isOwnedBy(each, newest?.metadata.uid) && !isReady(each));
  const names = new Set([deployment, ...(newest ? [newest] : []), ...unready].map((each) => each.metadata.name));
  const unmet = deployment.status.conditions.filter(
    ({ type, status }) => status === (type === "ReplicaFailure" ? "True" : "False"),
  );
  return [
    ...unmet.map(({ reason, message }) => `deployment ${deployment.metadata.name}: ${reason}: ${message}`),
    ...unready.slice(0, shownPods).flatMap((each) => describePod(each, logs)),
    ...(unready.length > shownPods ? [`and ${unready.length - shownPods} more pods that aren't ready`] : []),
    ...describeWarnings(events, names),
  ];
}

function newestReplicaSet(replicaSets: Evidence["replicaSets"], uid: string) {
  const revision = (set: Evidence["replicaSets"][number]) =>
    Number(set.metadata.annotations["deployment.kubernetes.io/revision"] ?? 0);
  const [newest] = replicaSets.filter((set) => isOwnedBy(set, uid)).sort((a, b) => revision(b) - revision(a));
  return newest;
}

function isOwnedBy({ metadata: { ownerReferences } }: Pick<Pod, "metadata">, uid: string | undefined): boolean {
  return ownerReferences.some((each) => each.uid === uid);
}

function describePod({ metadata: { name }, status }: Pod, logs: Evidence["logs"]): string[] {
  const unscheduled = status.conditions.filter((each) => each.type === "PodScheduled" && each.status === "False");
  const lines = [
    ...unscheduled.map(({ message }) => `not scheduled: ${message}`),
    ...status.containerStatuses.flatMap((container) => [
      ...describeContainer(container),
      ...lastLines(logs[`${name}/${container.name}`] ?? "").map((line) => `  | ${line}`),
    ]),
  ];
  return [`pod ${name}: ${status.phase}`, ...lines.map((line) => `  ${line}`)];
}

function describeContainer({
  name,
  ready,
  restartCount,
  state,
  lastState,
}: Pod["status"]["containerStatuses"][number]) {
  if (ready) {
    return [];
  }
  const ended = state.terminated ?? lastState.terminated;
  const { reason, message } = state.waiting ?? { reason: "", message: "" };
  const now = reason === "" ? "running but not ready" : message === "" ? reason : `${reason}: ${message}`;
  return [
    ...(state.terminated === undefined ? [`container ${name}: ${now}, ${restartCount} restarts`] : []),
    ...(ended === undefined ? [] : [`container ${name}: ended with exit code ${ended.exitCode} (${ended.reason})`]),
    ...lastLines(ended?.message ?? "").map((line) => `  | ${line}`),
  ];
}

function lastLines(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-shownLines);
}

function describeWarnings(events: Evidence["events"], names: ReadonlySet<string>): string[] {
  const lines = events
    .filter(({ type, involvedObject }) => type === "Warning" && names.has(involvedObject.name))
    .map(({ reason, message, involvedObject: { kind, name } }) => {
      // Each pod that a ReplicaSet couldn't make had another name. Without the names, these warnings are one.
      const told =
        kind === "ReplicaSet" ? message.replaceAll(new RegExp(`"${name}-[a-z0-9]+"`, "g"), `"${name}-…"`) : message;
      return `${reason} (${kind} ${name}): ${told.trim()}`;
    });
  return [...new Set(lines)].slice(-shownEvents);
}
