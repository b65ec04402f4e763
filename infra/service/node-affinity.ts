import type { Platform } from "../base";

/**
 * A node affinity that lets pods run only where their image does. Without it, a cluster of several architectures would
 * start some of them on a node with "exec format error"; with it, a cluster that has no such node leaves them pending,
 * and the scheduler says why.
 *
 * Sorted, so that another order in the config is no change.
 */
export function nodeAffinity(platforms: readonly Platform[]) {
  const part = (position: 0 | 1) =>
    [...new Set(platforms.map((platform) => platform.split("/")[position] ?? ""))].sort();
  return {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        {
          matchExpressions: [
            { key: "kubernetes.io/os", operator: "In", values: part(0) },
            { key: "kubernetes.io/arch", operator: "In", values: part(1) },
          ],
        },
      ],
    },
  };
}
