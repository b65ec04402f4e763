import type { Rule } from "./rule";
import { at } from "./members";
import { containers, podTemplate } from "./workload";

/** Probes on every container that serves. */
export const probes: Rule = {
  name: "probes",
  description:
    "Every container has a startup, a readiness and a liveness probe: without them a rollout takes any process for a " +
    "service. Jobs and init containers are left out: they end by themselves.",
  violations: (type, properties) => {
    const pod = podTemplate(type, properties);
    if (pod?.serves !== true) {
      return [];
    }
    return containers(pod)
      .filter(({ main }) => main)
      .flatMap(({ name, properties: container }) =>
        ["startupProbe", "readinessProbe", "livenessProbe"]
          .filter((probe) => at(container, probe) === undefined)
          .map((probe) => `The ${name} has no ${probe}.`),
      );
  },
};
