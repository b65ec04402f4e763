import * as apps from "@pulumi/kubernetes/apps/v1";
import * as autoscaling from "@pulumi/kubernetes/autoscaling/v2";
import * as core from "@pulumi/kubernetes/core/v1";
import * as networking from "@pulumi/kubernetes/networking/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import * as scheduling from "@pulumi/kubernetes/scheduling/v1";
import * as pulumi from "@pulumi/pulumi";
import type { Replicas, Resources } from "./config";
import { exceptionAnnotations } from "./exceptions";
import { goMemoryLimit } from "./memory-limit";
import { type Egress, networkPolicySpec } from "./network-policy";
import { nodeAffinity, type Platform } from "./platform";
import { priority } from "./priority";
import { portName, probes } from "./probes";
import { containerSecurityContext, podSecurityContext, restrictedNamespaceLabels } from "./security";
import { type Timing, timing } from "./timing";

/** Arguments of a {@link GoService}. */
export interface GoServiceArgs {
  /** Name of the namespace to create, a DNS label. */
  readonly namespace: pulumi.Input<string>;
  /** Name of the Service and of everything else inside the namespace, a DNS label. */
  readonly service: pulumi.Input<string>;
  /** The image by digest, `repository@sha256:…`. */
  readonly image: pulumi.Input<string>;
  /** What the image runs on; no other node gets a pod. */
  readonly platforms: pulumi.Input<readonly Platform[]>;
  /** The port that the container listens on, which it finds in `PORT`. */
  readonly port: pulumi.Input<number>;
  /** The path of the probes; 200 means healthy. */
  readonly healthPath: pulumi.Input<string>;
  /** Environment variables other than `PORT`. `GOMEMLIMIT` follows the memory limit unless it is among them. */
  readonly env: pulumi.Input<Record<string, string>>;
  /** Number of pods. Plain, since it decides which resources there are. */
  readonly replicas: Replicas;
  /** Seconds without progress after which a rollout has failed. Plain, since how long to wait is no input of a resource. */
  readonly progressDeadline: number;
  /** Compute resources of each pod. */
  readonly resources: pulumi.Input<Resources>;
  /** Networks that the service may open connections to, beside the cluster's DNS. */
  readonly egress: readonly Egress[];
}

/**
 * A stateless HTTP service on Kubernetes: a namespace of its own under the restricted Pod Security profile, a Deployment
 * that is never below its number of pods, a policy that keeps every other traffic from them, and a Service in front of
 * it, with a disruption budget where there are several pods and an autoscaler where their number may change.
 *
 * Needs a Kubernetes provider. Names are fixed, and so is what Kubernetes doesn't let change, the selector above all:
 * only another cluster replaces anything, and there both can exist for a while.
 */
export class GoService extends pulumi.ComponentResource {
  /** Name of the namespace. */
  readonly namespace: pulumi.Output<string>;
  /** Name of the Service. */
  readonly service: pulumi.Output<string>;
  /** The Service's URL for clients inside the cluster. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: GoServiceArgs, opts: pulumi.ComponentResourceOptions) {
    super("ping:index:GoService", name, {}, opts);
    const { replicas } = args;
    const scaled = replicas.max > replicas.min;
    const selector = { "app.kubernetes.io/name": args.service };
    const labels = { ...selector, "app.kubernetes.io/managed-by": "pulumi" };
    const times = timing(args.progressDeadline);
    const waiting = { create: `${times.timeout}s`, update: `${times.timeout}s` };

    const namespace = new core.Namespace(
      `${name}-namespace`,
      { metadata: { name: args.namespace, labels: { ...labels, ...restrictedNamespaceLabels } } },
      { parent: this },
    );
    const metadata = { name: args.service, namespace: namespace.metadata.name, labels };

    const account = new core.ServiceAccount(
      `${name}-account`,
      { metadata, automountServiceAccountToken: false },
      { parent: this },
    );

    const networkPolicy = new networking.NetworkPolicy(
      `${name}-network-policy`,
      { metadata, spec: networkPolicySpec(selector, args.egress) },
      { parent: this },
    );

    // Cluster-wide: by the namespace's name, no other stack's is in its way.
    const priorityClass = new scheduling.PriorityClass(
      `${name}-priority`,
      { metadata: { name: args.namespace, labels }, ...priority },
      { parent: this },
    );

    const deployment = new apps.Deployment(
      `${name}-deployment`,
      {
        metadata: { ...metadata, annotations: exceptionAnnotations },
        spec: {
          replicas: replicas.min,
          selector: { matchLabels: selector },
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" } },
          progressDeadlineSeconds: times.progressDeadline,
          revisionHistoryLimit: 3,
          template: {
            metadata: { labels },
            spec: podSpec(args, account.metadata.name, priorityClass.metadata.name, selector, times),
          },
        },
      },
      {
        parent: this,
        // No pod ever runs without the policy.
        dependsOn: networkPolicy,
        customTimeouts: waiting,
        // An autoscaler owns the number, and every update would reset it (pulumi/pulumi-kubernetes#2491). Left out, the
        // number would fall to Kubernetes' default, one pod, as soon as a fixed number became a range.
        ...(scaled ? { ignoreChanges: ["spec.replicas"] } : {}),
      },
    );

    const service = new core.Service(
      `${name}-service`,
      {
        // The provider would watch a new Service for 10 s until its endpoints settle. The Deployment tells of its pods.
        metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
        spec: {
          type: "ClusterIP",
          selector,
          ports: [{ name: portName, port: 80, targetPort: portName, protocol: "TCP" }],
        },
      },
      { parent: this },
    );

    if (replicas.max > 1) {
      new policy.PodDisruptionBudget(
        `${name}-disruption-budget`,
        {
          metadata,
          // Broken pods may always be evicted, or they would block the drain of their node.
          spec: { selector: { matchLabels: selector }, maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" },
        },
        { parent: this },
      );
    }

    if (scaled) {
      new autoscaling.HorizontalPodAutoscaler(
        `${name}-autoscaler`,
        {
          metadata,
          spec: {
            scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: deployment.metadata.name },
            minReplicas: replicas.min,
            maxReplicas: replicas.max,
            metrics: [
              { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } },
            ],
          },
        },
        { parent: this },
      );
    }

    this.namespace = namespace.metadata.name;
    this.service = service.metadata.name;
    this.url = pulumi.interpolate`http://${this.service}.${this.namespace}.svc.cluster.local`;
    this.registerOutputs({ namespace: this.namespace, service: this.service, url: this.url });
  }
}

function podSpec(
  { service, image, platforms, port, healthPath, env, resources }: GoServiceArgs,
  account: pulumi.Input<string>,
  priorityClassName: pulumi.Input<string>,
  selector: Record<string, pulumi.Input<string>>,
  { gracePeriod, startup, stop }: Timing,
) {
  const variables = pulumi.all([port, env, resources]).apply(([number, others, { limits }]) => {
    const limit = goMemoryLimit(limits.memory);
    const own = { PORT: String(number), ...(limit === undefined ? {} : { GOMEMLIMIT: limit }) };
    return Object.entries({ ...own, ...others }).map(([name, value]) => ({ name, value }));
  });
  return {
    serviceAccountName: account,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    priorityClassName,
    terminationGracePeriodSeconds: gracePeriod,
    securityContext: podSecurityContext,
    affinity: { nodeAffinity: pulumi.output(platforms).apply(nodeAffinity), podAntiAffinity: apart(selector) },
    // Best effort, since a cluster may have fewer nodes than pods; counted for each revision alone, or the pods of the
    // one that is leaving would skew it.
    topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: selector },
      matchLabelKeys: ["pod-template-hash"],
    })),
    containers: [
      {
        name: service,
        image,
        imagePullPolicy: "IfNotPresent",
        ports: [{ name: portName, containerPort: port, protocol: "TCP" }],
        env: variables,
        resources,
        securityContext: containerSecurityContext,
        ...probes(healthPath, startup),
        lifecycle: { preStop: { sleep: { seconds: stop.sleep } } },
        // A crash's last lines show up in the error of the update (pulumi/pulumi-kubernetes#535).
        terminationMessagePolicy: "FallbackToLogsOnError",
      },
    ],
  };
}

/** A node without one of the pods is also preferred to one that merely is emptier or has the image already. */
function apart(selector: Record<string, pulumi.Input<string>>) {
  const podAffinityTerm = {
    topologyKey: "kubernetes.io/hostname",
    labelSelector: { matchLabels: selector },
    matchLabelKeys: ["pod-template-hash"],
  };
  return { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }] };
}
