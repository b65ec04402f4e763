import { z } from "zod";
import { Failure } from "../base";

/** Asks a cluster's API for a path. Undefined if it has no such path. @throws Failure if the cluster can't be asked. */
export type AskApi = (path: string) => Promise<string | undefined>;

const metadata = z.object({
  name: z.string(),
  uid: z.string().default(""),
  annotations: z.record(z.string(), z.string()).default({}),
  ownerReferences: z.array(z.object({ uid: z.string() })).default([]),
  deletionTimestamp: z.string().optional(),
});
const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(""),
  message: z.string().default(""),
});
const conditions = z.array(condition).default([]);

const probe = z.object({
  httpGet: z.object({ path: z.string().default("/"), port: z.union([z.string(), z.number()]) }).optional(),
  grpc: z.object({ port: z.number(), service: z.string().nullish() }).optional(),
  periodSeconds: z.number().default(10),
  timeoutSeconds: z.number().default(1),
  failureThreshold: z.number().default(3),
});
const container = z.object({
  name: z.string(),
  image: z.string().default(""),
  ports: z.array(z.object({ name: z.string().optional(), containerPort: z.number() })).default([]),
  startupProbe: probe.optional(),
  readinessProbe: probe.optional(),
  livenessProbe: probe.optional(),
  resources: z.object({ limits: z.record(z.string(), z.string()).default({}) }).prefault({}),
});
const podSpec = z.object({
  securityContext: z.object({ runAsUser: z.number().optional() }).default({}),
  containers: z.array(container).default([]),
});
const deployment = z.object({
  metadata,
  spec: z.object({ template: z.object({ spec: podSpec }) }),
  status: z.object({ conditions }),
});
const replicaSet = z.object({ metadata });

const waiting = z.object({ reason: z.string().default(""), message: z.string().default("") });
const terminated = z.object({
  exitCode: z.number(),
  reason: z.string().default("no reason"),
  message: z.string().default(""),
  startedAt: z.string().nullish(),
  finishedAt: z.string().nullish(),
});
const containerState = z.object({ waiting: waiting.optional(), terminated: terminated.optional() });
const containerStatus = z.object({
  name: z.string(),
  ready: z.boolean(),
  started: z.boolean().default(false),
  restartCount: z.number().default(0),
  state: containerState.default({}),
  lastState: containerState.default({}),
});
/** A pod, as far as it is looked at. */
export const pod = z.object({
  metadata,
  status: z.object({
    phase: z.string().default("not started"),
    reason: z.string().default(""),
    message: z.string().default(""),
    conditions,
    containerStatuses: z.array(containerStatus).default([]),
  }),
});
const event = z.object({
  type: z.string().default(""),
  reason: z.string().default(""),
  message: z.string().default(""),
  count: z.number().nullish(),
  series: z.object({ count: z.number(), lastObservedTime: z.string() }).nullish(),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
  involvedObject: z.object({
    kind: z.string().default(""),
    name: z.string().default(""),
    fieldPath: z.string().default(""),
  }),
});
const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

/** What the cluster says about a rollout. */
export interface Evidence {
  readonly deployment: z.infer<typeof deployment>;
  readonly replicaSets: readonly z.infer<typeof replicaSet>[];
  readonly pods: readonly z.infer<typeof pod>[];
  readonly events: readonly z.infer<typeof event>[];
  /** The end of a container's log, by `pod/container`. */
  readonly logs: Readonly<Record<string, string>>;
}

/** A pod and its containers' states. */
export type Pod = Evidence["pods"][number];
/** A container of a pod, as the kubelet sees it. */
export type ContainerStatus = Pod["status"]["containerStatuses"][number];
/** A container, as the Deployment wants it. */
export type Container = z.infer<typeof container>;
/** A probe, as the Deployment wants it. */
export type Probe = z.infer<typeof probe>;

/** How many lines of a container's output are kept. */
export const shownLines = 20;

/** Whether a pod is ready, or about to go and so not expected to be. */
export function isReady({ metadata: { deletionTimestamp }, status }: Pod): boolean {
  const ready = status.conditions.some(({ type, status: value }) => type === "Ready" && value === "True");
  return ready || deletionTimestamp !== undefined;
}

/** How a container ended: now, or before it was started again. */
export function ending({ state, lastState }: ContainerStatus) {
  return state.terminated ?? lastState.terminated;
}

/**
 * Asks the cluster about a Deployment's rollout.
 * @returns undefined if there is no such Deployment.
 * @throws Failure if the cluster can't be asked.
 */
export async function gatherEvidence(
  ask: AskApi,
  target: { readonly namespace: string; readonly name: string },
): Promise<Evidence | undefined> {
  const [apps, core] = ["/apis/apps/v1", "/api/v1"].map((api) => `${api}/namespaces/${target.namespace}`);
  const found = await ask(`${apps}/deployments/${target.name}`);
  if (found === undefined) {
    return undefined;
  }
  const items = async <T extends z.ZodType>(item: T, path: string) =>
    list(item).parse(JSON.parse((await ask(path)) ?? '{"items":[]}')).items;
  const pods = await items(pod, `${core}/pods`);
  const silent = pods.filter((each) => !isReady(each)).flatMap(silentContainers);
  const logs = silent.map(async ([name, of]) => {
    const log = `${core}/pods/${name}/log?container=${of}&tailLines=${shownLines}`;
    return [`${name}/${of}`, (await ask(log).catch(unread)) ?? ""] as const;
  });
  return {
    deployment: deployment.parse(JSON.parse(found)),
    replicaSets: await items(replicaSet, `${apps}/replicasets`),
    pods,
    events: await items(event, `${core}/events`),
    logs: Object.fromEntries<string>(await Promise.all(logs)),
  };
}

/** The containers that aren't ready and left no last message. Their logs may say why. */
function silentContainers({ metadata, status }: Pod): (readonly [string, string])[] {
  return status.containerStatuses
    .filter((each) => {
      const ended = ending(each);
      const waits = ended === undefined && each.state.waiting !== undefined;
      return !each.ready && !waits && (ended?.message ?? "") === "";
    })
    .map(({ name }) => [metadata.name, name] as const);
}

/** A container that has just gone has no log, and a role may not read any. */
function unread(error: unknown): string {
  if (error instanceof Failure) {
    return "";
  }
  throw error;
}
