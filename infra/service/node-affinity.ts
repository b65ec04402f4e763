import type { Platform } from "../base";

/**
 * A node affinity for nodes of the image's platforms. Without it, a pod on another node would fail with "exec format
 * error". With it, a pod that has no such node stays pending, and the scheduler says why.
 *
 * The values are sorted, so that another order in the config is no change.
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
