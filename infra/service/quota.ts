import type { Quota } from "../config";

/** What a role that deploys may fill a namespace with: all that Kubernetes' ClusterRole `edit` lets it make, and routes. */
export const countedKinds = [
  "configmaps",
  "secrets",
  "services",
  "serviceaccounts",
  "persistentvolumeclaims",
  "replicationcontrollers",
  "deployments.apps",
  "replicasets.apps",
  "statefulsets.apps",
  "daemonsets.apps",
  "jobs.batch",
  "cronjobs.batch",
  "horizontalpodautoscalers.autoscaling",
  "poddisruptionbudgets.policy",
  "networkpolicies.networking.k8s.io",
  "ingresses.networking.k8s.io",
  "httproutes.gateway.networking.k8s.io",
];

/** A ResourceQuota's `hard`. Limits bound requests too, which may not exceed them. */
export function hardLimits(most: Quota): Readonly<Record<string, string>> {
  const { pods, cpu, memory, "ephemeral-storage": storage, objects } = most;
  const counted = objects === undefined ? [] : countedKinds;
  return {
    pods: String(pods),
    "limits.cpu": cpu,
    "limits.memory": memory,
    "limits.ephemeral-storage": storage,
    ...Object.fromEntries(counted.map((kind) => [`count/${kind}`, String(objects)])),
  };
}
