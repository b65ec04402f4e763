import { causeOfEnding, causeOfEviction, causeOfNoNode, causeOfRefusal, causeOfWaiting } from "./causes";
import { type Container, type ContainerStatus, ending, isReady, type Pod } from "./objects";
import { probeFailure, stoppedBy } from "./probe-failure";
import { type RolloutState, shownLines } from "./rollout-state";
import { type Tally, tally } from "./tally";

/** How many pods and events are described at most. */
const [shownPods, shownEvents] = [3, 5];

/**
 * Says why a rollout isn't complete. First come the causes, a line each with the config key to change. What they were read
 * from follows: the Deployment's conditions that aren't met, each pod of the newest ReplicaSet that isn't ready with the
 * states and last lines of its containers, and the last warnings. Nothing is said of a rollout that is complete.
 */
export function explain({ deployment, replicaSets, pods, events, logs }: RolloutState): string[] {
  const newest = newestReplicaSet(replicaSets, deployment.metadata.uid);
  const unready = pods.filter((each) => isOwnedBy(each, newest?.metadata.uid) && !isReady(each));
  const unmet = deployment.status.conditions.filter(
    ({ type, status }) => status === (type === "ReplicaFailure" ? "True" : "False"),
  );
  // An evicted pod stays, with another one in its place.
  if (unmet.length === 0 && unready.every(({ status }) => status.phase === "Failed")) {
    return [];
  }
  // By kind too: an autoscaler has the Deployment's name.
  const objects = new Set([
    `Deployment ${deployment.metadata.name}`,
    ...(newest ? [`ReplicaSet ${newest.metadata.name}`] : []),
    ...unready.map(({ metadata }) => `Pod ${metadata.name}`),
  ]);
  const tallies = tally(events).filter(({ object: { kind, name } }) => objects.has(`${kind} ${name}`));
  const of = (each: Pod) => tallies.filter(({ object }) => object.kind === "Pod" && object.name === each.metadata.name);
  const refused = unmet.filter(({ type }) => type === "ReplicaFailure");
  const causes = [
    ...refused.map(({ message }) => causeOfRefusal(withoutPodName(message, newest?.metadata.name))),
    ...unready.flatMap((each) => causesOf(each, of(each), deployment, logs)),
  ];
  return [
    ...new Set(causes),
    ...unmet.map(({ reason, message }) => `deployment ${deployment.metadata.name}: ${reason}: ${message}`),
    ...unready.slice(0, shownPods).flatMap((each) => describePod(each, of(each), deployment, logs)),
    ...(unready.length > shownPods ? [`and ${unready.length - shownPods} more pods that aren't ready`] : []),
    ...describeWarnings(tallies),
  ];
}

function newestReplicaSet(replicaSets: RolloutState["replicaSets"], uid: string) {
  const revision = (set: RolloutState["replicaSets"][number]) =>
    Number(set.metadata.annotations["deployment.kubernetes.io/revision"] ?? 0);
  const [newest] = replicaSets.filter((set) => isOwnedBy(set, uid)).sort((a, b) => revision(b) - revision(a));
  return newest;
}

function isOwnedBy({ metadata: { ownerReferences } }: Pick<Pod, "metadata">, uid: string | undefined): boolean {
  return ownerReferences.some((each) => each.uid === uid);
}

function withoutPodName(message: string, replicaSet = ""): string {
  return message.replace(new RegExp(`^pods "${replicaSet}-[a-z0-9]+" is forbidden: `), "");
}

/** Why a pod isn't ready. Of containers that others have put into it, only their states are told. */
function causesOf(
  { metadata, status }: Pod,
  tallies: readonly Tally[],
  { spec }: RolloutState["deployment"],
  logs: RolloutState["logs"],
): string[] {
  if (status.reason === "Evicted") {
    return [causeOfEviction(status.message)];
  }
  const { containers, securityContext } = spec.template.spec;
  const causes = [
    ...unscheduledOf(status).map(({ message }) => causeOfNoNode(message)),
    ...status.containerStatuses.flatMap((each) => {
      const container = containers.find(({ name }) => name === each.name);
      if (container === undefined || each.ready) {
        return [];
      }
      const facts = { container, user: securityContext.runAsUser };
      const ended = ending(each);
      const { reason, message } = each.state.waiting ?? { reason: "", message: "" };
      const last = ended?.message === "" ? (logs[`${metadata.name}/${each.name}`] ?? "") : (ended?.message ?? "");
      const inContainer = (cause: string | undefined) => cause && `container ${each.name}: ${cause}`;
      const cause =
        probeFailure(container, each, tallies) ??
        inContainer(causeOfWaiting(reason, message, facts)) ??
        inContainer(ended && causeOfEnding(ended.reason, ended.exitCode, last, facts));
      return cause === undefined ? [] : [cause];
    }),
  ];
  const warning = tallies.findLast(isTelling);
  return causes.length > 0 || warning === undefined ? causes : [`the pod can't start: ${warning.message}`];
}

function unscheduledOf({ conditions }: Pod["status"]) {
  return conditions.filter(({ type, status }) => type === "PodScheduled" && status === "False");
}

function describePod(
  { metadata: { name }, status }: Pod,
  tallies: readonly Tally[],
  { spec }: RolloutState["deployment"],
  logs: RolloutState["logs"],
): string[] {
  const wanted = (container: string) => spec.template.spec.containers.find((each) => each.name === container);
  const lines = [
    ...unscheduledOf(status).map(({ message }) => `not scheduled: ${message}`),
    ...status.containerStatuses.flatMap((container) => [
      ...describeContainer(container, wanted(container.name), tallies),
      ...lastLines(logs[`${name}/${container.name}`] ?? "").map((line) => `  | ${line}`),
    ]),
  ];
  return [`pod ${name}: ${status.phase}`, ...lines.map((line) => `  ${line}`)];
}

function describeContainer(
  status: ContainerStatus,
  container: Container | undefined,
  tallies: readonly Tally[],
): string[] {
  const { name, ready, restartCount, state } = status;
  if (ready) {
    return [];
  }
  const ended = ending(status);
  const { reason, message } = state.waiting ?? { reason: "", message: "" };
  const now = reason === "" ? "running but not ready" : message === "" ? reason : `${reason}: ${message}`;
  const how =
    stoppedBy(status, container, tallies) === undefined
      ? `ended with exit code ${ended?.exitCode} (${ended?.reason})`
      : `stopped by the kubelet, with exit code ${ended?.exitCode}`;
  return [
    ...(state.terminated === undefined ? [`container ${name}: ${now}, ${restartCount} restarts`] : []),
    ...(ended === undefined ? [] : [`container ${name}: ${how}`]),
    ...lastLines(ended?.message ?? "").map((line) => `  | ${line}`),
  ];
}

function lastLines(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-shownLines);
}

/** Whether an event says what went wrong. That a container is restarted late stands in its state. */
function isTelling({ type, reason }: Tally): boolean {
  return type === "Warning" && reason !== "BackOff";
}

function describeWarnings(tallies: readonly Tally[]): string[] {
  return tallies
    .filter(isTelling)
    .slice(-shownEvents)
    .map(({ reason, message, count, object: { kind, name } }) => {
      const times = count === 1 ? "" : ` (${count} times)`;
      return `${reason} (${kind} ${name}): ${message}${times}`;
    });
}
