import { z } from "zod";
import { outputOf, type Run } from "./command";

/** Where a stack's Deployment is. */
export interface Rollout {
  readonly namespace: string;
  /** Name of the Deployment. */
  readonly deployment: string;
}

const owner = z.object({ uid: z.string() });
const metadata = z.object({
  name: z.string(),
  uid: z.string().default(""),
  annotations: z.record(z.string(), z.string()).default({}),
  ownerReferences: z.array(owner).default([]),
  deletionTimestamp: z.string().optional(),
});
const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(""),
  message: z.string().default(""),
});
const waiting = z.object({ reason: z.string().default(""), message: z.string().default("") });
const terminated = z.object({
  exitCode: z.number(),
  reason: z.string().default("no reason"),
  message: z.string().default(""),
});
const containerState = z.object({ waiting: waiting.optional(), terminated: terminated.optional() });
const containerStatus = z.object({
  name: z.string(),
  ready: z.boolean(),
  restartCount: z.number().default(0),
  state: containerState.default({}),
  lastState: containerState.default({}),
});
const conditions = z.array(condition).default([]);

const deployment = z.object({ metadata, status: z.object({ conditions }) });
const replicaSet = z.object({ metadata });
const pod = z.object({
  metadata,
  status: z.object({
    phase: z.string().default("not started"),
    conditions,
    containerStatuses: z.array(containerStatus).default([]),
  }),
});
const event = z.object({
  type: z.string().default(""),
  reason: z.string().default(""),
  message: z.string().default(""),
  involvedObject: z.object({ kind: z.string().default(""), name: z.string().default("") }),
});
const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

/** What the cluster says about a rollout, as kubectl prints it. */
export interface Evidence {
  readonly deployment: z.infer<typeof deployment>;
  readonly replicaSets: readonly z.infer<typeof replicaSet>[];
  readonly pods: readonly z.infer<typeof pod>[];
  /** Oldest first. */
  readonly events: readonly z.infer<typeof event>[];
  /** The end of a container's log, by `pod/container`. */
  readonly logs: Readonly<Record<string, string>>;
}

type Pod = Evidence["pods"][number];

/** How many pods are described, how many lines of each container's output, and how many events. */
const [shownPods, shownLines, shownEvents] = [3, 20, 5];

/**
 * Says why a rollout isn't complete: the Deployment's conditions that aren't met, each pod of the newest ReplicaSet that
 * isn't ready with the states and last lines of its containers, and the last warnings. Pulumi's Kubernetes provider names
 * a container that crashes, and nothing of a failing probe, a quota or a missing node.
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

function isReady({ metadata: { deletionTimestamp }, status }: Pod): boolean {
  const ready = status.conditions.some(({ type, status: value }) => type === "Ready" && value === "True");
  return ready || deletionTimestamp !== undefined;
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
      // Each pod that a ReplicaSet couldn't make had a name of its own.
      const told =
        kind === "ReplicaSet" ? message.replaceAll(new RegExp(`"${name}-[a-z0-9]+"`, "g"), `"${name}-…"`) : message;
      return `${reason} (${kind} ${name}): ${told.trim()}`;
    });
  return [...new Set(lines)].slice(-shownEvents);
}

/**
 * Finds a stack's Deployment in its state, where it is also after an update that failed.
 * @returns undefined where the stack has none.
 */
export async function findRollout(run: Run, stack: string): Promise<Rollout | undefined> {
  const resource = z.object({
    type: z.string(),
    inputs: z
      .object({ metadata: z.object({ name: z.string(), namespace: z.string() }) })
      .optional()
      .catch(undefined),
  });
  const state = z.object({ deployment: z.object({ resources: z.array(resource).default([]) }) });
  const { deployment: found } = state.parse(
    JSON.parse(await outputOf(run, ["pulumi", "stack", "export", "--stack", stack])),
  );
  const inputs = found.resources.find(({ type }) => type === "kubernetes:apps/v1:Deployment")?.inputs;
  return inputs && { namespace: inputs.metadata.namespace, deployment: inputs.metadata.name };
}

/** Asks the cluster why a rollout isn't complete. @throws Failure where kubectl can't ask it. */
export async function diagnose(run: Run, rollout: Rollout, context: string | undefined): Promise<string[]> {
  const kubectl = (...args: string[]): readonly [string, ...string[]] => [
    "kubectl",
    ...(context === undefined ? [] : ["--context", context]),
    "--namespace",
    rollout.namespace,
    "--request-timeout=10s",
    ...args,
  ];
  const get = async <T>(schema: z.ZodType<T>, ...args: string[]): Promise<T> =>
    schema.parse(JSON.parse(await outputOf(run, kubectl("get", "--output=json", ...args))));
  const { items: pods } = await get(list(pod), "pods");
  const silent = pods.filter((each) => !isReady(each)).flatMap(silentContainers);
  const logs = await Promise.all(
    silent.map(async ([name, container]) => {
      const read = await run(kubectl("logs", name, "--container", container, `--tail=${shownLines}`));
      return [`${name}/${container}`, read.status === 0 ? read.stdout : ""] as const;
    }),
  );
  return explain({
    deployment: await get(deployment, "deployment", rollout.deployment),
    replicaSets: (await get(list(replicaSet), "replicasets")).items,
    pods,
    events: (await get(list(event), "events", "--sort-by=.lastTimestamp")).items,
    logs: Object.fromEntries(logs),
  });
}

/** The containers that run, or ran, without being ready or leaving a last word: their log is worth a look. */
function silentContainers({ metadata, status }: Pod): (readonly [string, string])[] {
  return status.containerStatuses
    .filter(({ ready, state, lastState }) => {
      const ended = state.terminated ?? lastState.terminated;
      return !ready && !(ended === undefined && state.waiting !== undefined) && (ended?.message ?? "") === "";
    })
    .map(({ name }) => [metadata.name, name] as const);
}
