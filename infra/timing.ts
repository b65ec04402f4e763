/** How long a pod takes to stop, in seconds, each phase starting when the one before it ends. */
export interface StopTiming {
  /** `preStop` sleep: endpoints are removed while the process still serves (kubernetes/kubernetes#43576). */
  readonly sleep: number;
  /** The service answers 503 on its health path and closes connections as clients use them (golang/go#23829). */
  readonly drain: number;
  /** `http.Server.Shutdown` waits for requests in flight. */
  readonly shutdown: number;
  /** Left for the kubelet and a slow node before SIGKILL. */
  readonly margin: number;
}

/** What the service in `app/` takes: its drainPeriod and shutdownTimeout are the same two numbers. */
export const stopTiming: StopTiming = { sleep: 5, drain: 10, shutdown: 10, margin: 5 };

/** `terminationGracePeriodSeconds`: the kubelet counts it from before the `preStop` hook, so every phase fits into it. */
export function terminationGracePeriod({ sleep, drain, shutdown, margin }: StopTiming): number {
  return sleep + drain + shutdown + margin;
}

/** How long a rollout may take, in seconds. */
export interface RolloutTiming {
  /** `progressDeadlineSeconds`: with no new pod ready for this long, Kubernetes itself calls the rollout failed. */
  readonly progressDeadline: number;
  /** Pulumi's own limit for the whole rollout; longer, so that the error tells what Kubernetes found. */
  readonly timeout: number;
}

/**
 * Ends a failing rollout in minutes rather than after the provider's default of ten, and leaves a pod on a fresh node
 * time to pull its image.
 */
export const rolloutTiming: RolloutTiming = { progressDeadline: 120, timeout: 300 };
