/** A rule of a checker that the service's Deployment breaks on purpose. */
export interface Exception {
  readonly checker: "kube-score";
  /** As the checker calls it. */
  readonly rule: string;
  readonly reason: string;
}

/** Every one there is; `npm run lint:manifests` finds nothing else, and refuses one that has become needless. */
export const exceptions: readonly Exception[] = [
  {
    checker: "kube-score",
    rule: "container-image-pull-policy",
    reason: "a digest never names another image, and with Always no container could restart while the registry is away",
  },
  {
    checker: "kube-score",
    rule: "pod-probes-identical",
    reason:
      "one path answers all probes; liveness waits a minute, six times as long as readiness and longer than any stop",
  },
  {
    checker: "kube-score",
    rule: "container-cpu-requests-equal-limits",
    reason: "CPU is shared by request when it is scarce; a limit as low would slow every start and every burst down",
  },
  {
    checker: "kube-score",
    rule: "container-resource-requests-equal-limits",
    reason: "of CPU alone, as above: memory and ephemeral storage have equal ones",
  },
  {
    checker: "kube-score",
    rule: "deployment-targeted-by-hpa-does-not-have-replicas-configured",
    reason: "updates leave the number alone; without it, one pod would run until the autoscaler's first look",
  },
];

/** The annotations by which the checkers leave these rules out, whoever runs them. */
export const exceptionAnnotations = { "kube-score/ignore": exceptions.map(({ rule }) => rule).join(",") };
