/** The phases of a pod's stop, one after the other, in seconds. */
interface StopTiming {
  /** `preStop` sleep: the endpoints are removed while the process still serves (kubernetes/kubernetes#43576). */
  readonly sleep: number;
  /** The service answers 503 on its health path and closes connections as clients use them (golang/go#23829). */
  readonly drain: number;
  /** `http.Server.Shutdown` waits for requests in flight. */
  readonly shutdown: number;
  /** Time for the kubelet and a slow node before SIGKILL. */
  readonly margin: number;
}

/** `drain` and `shutdown` equal drainPeriod and shutdownTimeout of the service in `app/`. */
export const stopTiming: StopTiming = { sleep: 5, drain: 10, shutdown: 10, margin: 5 };

/** `terminationGracePeriodSeconds`. It starts before the `preStop` hook, so it must cover all phases. */
export function terminationGracePeriod({ sleep, drain, shutdown, margin }: StopTiming): number {
  return sleep + drain + shutdown + margin;
}

/** All durations of a rollout that loses no request, in seconds. */
export interface Timing {
  readonly stop: StopTiming;
  /** See {@link terminationGracePeriod}. */
  readonly gracePeriod: number;
  /** A container that isn't healthy after this time restarts, and its status says why. */
  readonly startup: number;
  /** `progressDeadlineSeconds`: Kubernetes calls a rollout failed if no new pod gets ready in this time. */
  readonly progressDeadline: number;
  /**
   * Pulumi's limit for the whole rollout. The provider waits until then, also after Kubernetes has called the rollout
   * failed. Its error repeats Kubernetes' reason.
   */
  readonly timeout: number;
  /** How long a migration may take, and what runs before an environment is removed. */
  readonly migration: number;
}

/**
 * Derives all durations from the config keys `progressDeadline` and `startDeadline`. By default half of the deadline is
 * for scheduling a pod and pulling its image, half for its start. A rollout has up to four waves, because a quarter of
 * the pods may be new at a time. The limit leaves each wave half a deadline, or the whole of a longer start.
 */
export function timing(progressDeadline: number, startDeadline = Math.floor(progressDeadline / 2)): Timing {
  return {
    stop: stopTiming,
    gracePeriod: terminationGracePeriod(stopTiming),
    startup: startDeadline,
    progressDeadline,
    timeout: Math.max(2 * progressDeadline, 4 * startDeadline),
    migration: 2 * progressDeadline,
  };
}
