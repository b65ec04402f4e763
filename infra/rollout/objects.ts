import { z } from "zod";

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
/** A Deployment, as far as it is looked at. */
export const deployment = z.object({
  metadata,
  spec: z.object({ template: z.object({ spec: podSpec }) }),
  status: z.object({ conditions }),
});
/** A ReplicaSet, as far as it is looked at. */
export const replicaSet = z.object({ metadata });

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
/** An event, as far as it is looked at. */
export const event = z.object({
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
/** A list of objects. */
export const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

/** A pod and its containers' states. */
export type Pod = z.infer<typeof pod>;
/** A container of a pod, as the kubelet sees it. */
export type ContainerStatus = Pod["status"]["containerStatuses"][number];
/** An event about an object. */
export type Event = z.infer<typeof event>;
/** A container, as the Deployment wants it. */
export type Container = z.infer<typeof container>;
/** A probe, as the Deployment wants it. */
export type Probe = z.infer<typeof probe>;

/** Whether a pod is ready, or about to go and so not expected to be. */
export function isReady({ metadata: { deletionTimestamp }, status }: Pod): boolean {
  const ready = status.conditions.some(({ type, status: value }) => type === "Ready" && value === "True");
  return ready || deletionTimestamp !== undefined;
}

/** How a container ended: now, or before it was started again. */
export function ending({ state, lastState }: ContainerStatus) {
  return state.terminated ?? lastState.terminated;
}
