/** A rule that the service's Deployment, the Job of its migration or the CronJob of its end breaks on purpose. */
export interface LintWaiver {
  readonly checker: "kube-score" | "checkov";
  /** The checker's name of the rule. */
  readonly rule: string;
  readonly reason: string;
}

/** All waivers. `npm run lint:manifests` fails for any other finding, and for a waiver that no finding needs. */
export const lintWaivers: readonly LintWaiver[] = [
  {
    checker: "kube-score",
    rule: "container-image-pull-policy",
    reason:
      "a digest always names the same image, and with Always no container could restart while the registry is down",
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
    reason: "requests share scarce CPU; a limit as low as the request would slow down every start and every burst",
  },
  {
    checker: "kube-score",
    rule: "container-resource-requests-equal-limits",
    reason: "only CPU differs, as above: requests of memory and ephemeral storage equal the limits",
  },
  {
    checker: "kube-score",
    rule: "deployment-targeted-by-hpa-does-not-have-replicas-configured",
    reason: "updates don't change the number; without it, one pod would run until the autoscaler acts",
  },
  {
    checker: "checkov",
    rule: "CKV_K8S_35",
    reason: "env is the service's interface: a secret in a file would need code that reads it",
  },
];

/** Annotations that make kube-score skip its rules among these, whoever runs it. */
export const waiverAnnotations = {
  "kube-score/ignore": lintWaivers
    .filter(({ checker }) => checker === "kube-score")
    .map(({ rule }) => rule)
    .join(","),
};
