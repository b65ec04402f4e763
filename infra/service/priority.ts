/**
 * Before what has none, zero: such pods are scheduled after the service's, and evicted before them where a node runs out
 * of memory or is shut down. It never pushes a running pod out to make room for itself
 * (https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/). `globalDefault` is left out, not
 * false: the API server drops a false one, and would report it as changed for ever.
 */
export const priority = {
  value: 1000,
  preemptionPolicy: "Never",
  description: "HTTP services: scheduled before and evicted after pods that have no priority, without preempting any.",
} as const;
