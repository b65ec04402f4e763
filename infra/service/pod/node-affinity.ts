import type { Platform } from "../../../common";

/**
 * A node affinity for nodes of the image's platforms. Without it, a pod on another node would fail with "exec format
 * error". With it, a pod that has no such node stays pending, and the scheduler says why.
 *
 * The values are sorted, so that another order in the config is no change.
 */
export function nodeAffinity(platforms: readonly Platform[]) {
  return {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        {
          matchExpressions: [
            { key: "kubernetes.io/os", operator: "In", values: parts(platforms, 0) },
            { key: "kubernetes.io/arch", operator: "In", values: parts(platforms, 1) },
          ],
        },
      ],
    },
  };
}

/** Tolerations of the taint that keeps pods off the nodes of an architecture. GKE taints every arm64 node so. */
export function architectureTolerations(platforms: readonly Platform[]) {
  return parts(platforms, 1).map((value) => ({
    key: "kubernetes.io/arch",
    operator: "Equal",
    value,
    effect: "NoSchedule",
  }));
}

/** The operating systems (0) or the architectures (1) of platforms, sorted, each once. */
function parts(platforms: readonly Platform[], position: 0 | 1): string[] {
  return [...new Set(platforms.map((platform) => platform.split("/")[position] ?? ""))].sort();
}
