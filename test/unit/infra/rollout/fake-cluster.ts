import { Failure } from "../../../../common";
import type { AskApi } from "../../../../infra/rollout/rollout-state";

/** A cluster in which the newest ReplicaSet of the Deployment `ping` in `ping-dev` is ping-new. */
export interface FakeCluster {
  readonly conditions?: readonly object[];
  /** What the Deployment's container has beside its probes, which ask GET :8080/health. */
  readonly container?: object;
  /** Pods of ping-new: what is in their status. */
  readonly pods?: readonly object[];
  readonly events?: readonly object[];
  /** Undefined if logs may not be read. */
  readonly log?: string | undefined;
}

/** A list of one condition, as Kubernetes has it. */
export const conditions = (type: string, status: string, reason = "", message = "") => [
  { type, status, reason, message },
];
export const notReady = conditions("Ready", "False");

/** A warning about an object. */
export const warning = (kind: string, name: string, reason: string, message: string, more: object = {}) => ({
  type: "Warning",
  ...{ reason, message, count: 1, lastTimestamp: "2026-11-29T02:30:11Z", ...more },
  involvedObject: { kind, name, ...(kind === "Pod" ? { fieldPath: "spec.containers{ping}" } : {}) },
});

/** How the kubelet says that a probe failed so often. */
export const unhealthy = (message: string, count = 3) => warning("Pod", "ping-new-0", "Unhealthy", message, { count });

/** How the kubelet says that it stops the container. */
export const killing = (probe: string, lastTimestamp: string) => ({
  ...warning("Pod", "ping-new-0", "Killing", `Container ping failed ${probe} probe, will be restarted`),
  ...{ type: "Normal", lastTimestamp },
});

/** The container's status: restarted three times, the last time because it ended so. */
export const ended = (terminated: object, more: object = {}) => ({
  ...{ name: "ping", ready: false, started: false, restartCount: 3, state: { running: {} }, ...more },
  lastState: { terminated: { startedAt: "2026-11-29T02:30:06Z", finishedAt: "2026-11-29T02:30:16Z", ...terminated } },
});

const check = { httpGet: { path: "/health", port: "http" }, timeoutSeconds: 5 };
const probes = {
  startupProbe: { ...check, periodSeconds: 1, failureThreshold: 6 },
  readinessProbe: { ...check, periodSeconds: 5, failureThreshold: 2 },
  livenessProbe: { ...check, periodSeconds: 10, failureThreshold: 6 },
};

/** Its API, as {@link AskApi} takes it, and the paths that were asked for. */
export function fakeCluster(cluster: FakeCluster): { readonly ask: AskApi; readonly paths: readonly string[] } {
  const { conditions: unmet = [], container = {}, pods = [], events = [] } = cluster;
  const log = "log" in cluster ? cluster.log : "";
  const set = (name: string, revision: string, owner: string) => ({
    metadata: {
      ...{ name, uid: name, ownerReferences: [{ uid: owner }] },
      annotations: { "deployment.kubernetes.io/revision": revision },
    },
  });
  const spec = {
    securityContext: { runAsUser: 65532 },
    containers: [
      {
        ...{ name: "ping", image: "r.example/ping@sha256:12", ports: [{ name: "http", containerPort: 8080 }] },
        resources: { limits: { memory: "64Mi" } },
        ...probes,
        ...container,
      },
    ],
  };
  const answers: Readonly<Record<string, unknown>> = {
    "/apis/apps/v1/namespaces/ping-dev/deployments/ping": {
      metadata: { name: "ping", uid: "1" },
      spec: { template: { spec } },
      status: { conditions: unmet },
    },
    "/apis/apps/v1/namespaces/ping-dev/replicasets": {
      items: [set("ping-new", "10", "1"), set("ping-old", "9", "1"), set("other", "11", "2")],
    },
    "/api/v1/namespaces/ping-dev/pods": {
      items: [
        ...pods.map((status, index) => ({
          metadata: { name: `ping-new-${index}`, ownerReferences: [{ uid: "ping-new" }] },
          status,
        })),
        { metadata: { name: "ping-old-0", ownerReferences: [{ uid: "ping-old" }] }, status: { conditions: notReady } },
      ],
    },
    "/api/v1/namespaces/ping-dev/events": { items: events },
  };
  const paths: string[] = [];
  const ask: AskApi = (path) => {
    paths.push(path);
    if (!path.includes("/log?")) {
      return Promise.resolve(JSON.stringify(answers[path]));
    }
    return log === undefined ? Promise.reject(new Failure("pods/log is forbidden")) : Promise.resolve(log);
  };
  return { ask, paths };
}
