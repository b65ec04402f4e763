import type { types } from "@pulumi/kubernetes";
import * as batch from "@pulumi/kubernetes/batch/v1";
import * as networking from "@pulumi/kubernetes/networking/v1";
import * as pulumi from "@pulumi/pulumi";
import { dnsLabel } from "../base";
import type { Egress, Migrate } from "../config";
import { waiverAnnotations } from "./lint-waivers";
import { literal } from "./literal";
import { networkPolicySpec } from "./network-policy";
import type { Timing } from "./timing";

/** What a migration is made from. */
export interface MigrationArgs {
  /** What the image's entrypoint gets. */
  readonly migrate: Migrate;
  /** Name, namespace and labels of the service's objects. */
  readonly metadata: {
    readonly name: pulumi.Input<string>;
    readonly namespace: pulumi.Input<string>;
    readonly labels: Readonly<Record<string, pulumi.Input<string>>>;
  };
  /** The pod of the Deployment: the migration's has the same image, environment, account and limits. */
  readonly pod: ServingPod;
  /** Annotations of that pod that the migration's has too. */
  readonly podAnnotations: Readonly<Record<string, pulumi.Input<string>>>;
  /** Networks that it may open connections to, beside the cluster's DNS. */
  readonly egress: readonly Egress[];
  /** When it must have ended. */
  readonly times: Timing;
}

/** A pod whose containers are known one by one. */
export interface ServingPod extends Omit<types.input.core.v1.PodSpec, "containers"> {
  readonly containers: types.input.core.v1.Container[];
}

/** The labels of the Job's pods. The service's selector must not match them, because its Service would send them requests. */
const podLabels = { "app.kubernetes.io/component": "migration", "app.kubernetes.io/managed-by": "pulumi" };

/**
 * Registers a Job that runs the service's image once, with other arguments, and its network policy. A Job can't change:
 * another image, other arguments or another environment replace it, and so run it again.
 *
 * @returns The Job. What depends on it waits for its success.
 */
export function migration(name: string, args: MigrationArgs, parent: pulumi.Resource): batch.Job {
  const { migrate, pod, podAnnotations, egress, times } = args;
  const metadata = {
    ...args.metadata,
    name: pulumi.output(args.metadata.name).apply((service) => dnsLabel(`${service}-migration`)),
  };
  const networkPolicy = new networking.NetworkPolicy(
    `${name}-network-policy`,
    { metadata, spec: { ...networkPolicySpec(podLabels, egress), ingress: [] } },
    { parent },
  );
  return new batch.Job(
    name,
    {
      metadata: {
        ...metadata,
        // Without this, an update after one that failed would wait for the same failed Job.
        annotations: { ...waiverAnnotations, "pulumi.com/replaceUnready": "true" },
      },
      spec: {
        // Nobody knows how far a failed migration got, so a person decides about the next one.
        backoffLimit: 0,
        activeDeadlineSeconds: times.migration,
        template: {
          metadata: { labels: podLabels, annotations: podAnnotations },
          spec: { ...withoutServing(pod, migrate), restartPolicy: "Never" },
        },
      },
    },
    {
      parent,
      // No pod runs before the policy exists.
      dependsOn: networkPolicy,
      // At the deadline the pod gets its time to stop. Only then does Kubernetes call the Job failed.
      customTimeouts: { create: `${times.migration + 2 * times.gracePeriod}s` },
    },
  );
}

/** The pod without what is for serving: ports, probes, the wait for endpoints, the spread over nodes. */
function withoutServing(pod: ServingPod, { args }: Migrate) {
  const { topologySpreadConstraints: _, containers, ...rest } = pod;
  return {
    ...rest,
    containers: containers.map((container) => ({
      ...container,
      args: args.map(literal),
      ports: undefined,
      startupProbe: undefined,
      readinessProbe: undefined,
      livenessProbe: undefined,
      lifecycle: undefined,
    })),
  };
}
