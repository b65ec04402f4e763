import type { types } from "@pulumi/kubernetes";
import * as networking from "@pulumi/kubernetes/networking/v1";
import * as pulumi from "@pulumi/pulumi";
import { dnsLabel } from "../../common";
import type { Egress } from "../config";
import { literal } from "./literal";
import { networkPolicySpec } from "./network";
import type { Timing } from "./timing";

/** What a Job with the service's image is made from. */
export interface JobArgs {
  /** What the image's entrypoint gets. */
  readonly args: readonly string[];
  /** Name, namespace and labels of the service's objects. */
  readonly metadata: {
    readonly name: pulumi.Input<string>;
    readonly namespace: pulumi.Input<string>;
    readonly labels: Readonly<Record<string, pulumi.Input<string>>>;
  };
  /** The pod of the Deployment: the Job's has the same image, environment, ServiceAccount and limits. */
  readonly pod: ServingPod;
  /** Annotations of that pod that the Job's has too. */
  readonly podAnnotations: Readonly<Record<string, pulumi.Input<string>>>;
  /** Networks that it may open connections to, beside the cluster's DNS. */
  readonly egress: readonly Egress[];
  /** When it must have ended. */
  readonly times: Timing;
}

/** A pod whose containers are known one by one. */
interface ServingPod extends Omit<types.input.core.v1.PodSpec, "containers"> {
  readonly containers: types.input.core.v1.Container[];
}

/**
 * A Job that runs the service's image once, with other arguments. Registers the network policy of its pods.
 *
 * @param component The end of the Job's name, and the label of its pods. The service's selector must not match them, because its
 * Service would send them requests.
 * @returns The Job, and the policy. No pod may run before that exists.
 */
export function job(name: string, component: string, given: JobArgs, parent: pulumi.Resource) {
  const { args, pod, podAnnotations, egress, times } = given;
  const labels = { "app.kubernetes.io/component": component, "app.kubernetes.io/managed-by": "pulumi" };
  const metadata = {
    ...given.metadata,
    name: pulumi.output(given.metadata.name).apply((service) => dnsLabel(`${service}-${component}`)),
  };
  const networkPolicy = new networking.NetworkPolicy(
    `${name}-network-policy`,
    { metadata, spec: { ...networkPolicySpec(labels, egress), ingress: [] } },
    { parent },
  );
  const spec = {
    // Nobody knows how far one that failed got, so a person decides about the next one.
    backoffLimit: 0,
    activeDeadlineSeconds: times.migration,
    template: {
      metadata: { labels, annotations: podAnnotations },
      spec: { ...withoutServing(pod, args), restartPolicy: "Never" },
    },
  };
  return { metadata, spec, networkPolicy };
}

/** The pod without what is for serving: ports, probes, the wait for endpoints, the spread over nodes. */
function withoutServing(pod: ServingPod, args: readonly string[]) {
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
