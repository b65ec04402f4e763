/**
 * Before what has none, zero: such pods are scheduled after the service's, and evicted before them where a node runs out
 * of memory or is shut down. It never pushes a running pod out to make room for itself
 * (https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/).
 */
export const priority = {
  value: 1000,
  preemptionPolicy: "Never",
  globalDefault: false,
  description: "HTTP services: scheduled before and evicted after pods that have no priority, without preempting any.",
} as const;
