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

/** Every duration that decides how pods are started, replaced and stopped without a request being lost, in seconds. */
export interface Timing {
  readonly stop: StopTiming;
  /** See {@link terminationGracePeriod}. */
  readonly gracePeriod: number;
  /** A container that isn't healthy this long after its start is started again, which brings out why. */
  readonly startup: number;
  /** `progressDeadlineSeconds`: with no new pod ready for this long, Kubernetes itself calls the rollout failed. */
  readonly progressDeadline: number;
  /**
   * Pulumi's own limit for the whole rollout. The provider waits until then, also after Kubernetes has called the rollout
   * failed, and its error repeats what Kubernetes said.
   */
  readonly timeout: number;
}

/**
 * Derives every duration from the one that a stack sets. Half of the progress deadline is for scheduling a pod and
 * pulling its image, half for its start. A rollout takes up to four waves of pods, since a quarter of them may be new at
 * a time: the limit is reached only by one whose waves need half the deadline each, not by one that fails in its first.
 */
export function timing(progressDeadline: number): Timing {
  return {
    stop: stopTiming,
    gracePeriod: terminationGracePeriod(stopTiming),
    startup: Math.floor(progressDeadline / 2),
    progressDeadline,
    timeout: 2 * progressDeadline,
  };
}
