import type { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as apps from "@pulumi/kubernetes/apps/v1";
import * as autoscaling from "@pulumi/kubernetes/autoscaling/v2";
import * as core from "@pulumi/kubernetes/core/v1";
import * as networking from "@pulumi/kubernetes/networking/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import * as pulumi from "@pulumi/pulumi";
import type { Plain } from "../../common";
import type { Exposure } from "../cluster";
import type { Egress, Migrate, OnClose, Quota, Replicas } from "../config";
import type { PullLogin } from "../registry";
import { waiverAnnotations } from "./lint-waivers";
import { podMonitor, scrapeAnnotations } from "./metrics";
import { migration } from "./migration";
import { makeNamespace } from "./namespace";
import { httpRoute, ingress, networkPolicySpec, servicePort } from "./network";
import { closing } from "./on-close";
import { portName, tmpAnnotations } from "./pod";
import { type PodArgs, podSpec } from "./pod-spec";
import { podIdentityAgent } from "./pod-role";
import { envSecret, pullSecret } from "./secrets";
import { timing } from "./timing";

/** Arguments of a {@link GoService}. */
export interface GoServiceArgs extends PodArgs {
  /** Name of the namespace to create, a DNS label. */
  readonly namespace: pulumi.Input<string>;
  /** Login of a registry that asks the nodes for one. */
  readonly pullLogin: Plain<PullLogin | undefined>;
  /** Number of pods. */
  readonly replicas: Plain<Replicas>;
  /** Seconds without progress after which a rollout has failed. */
  readonly progressDeadline: Plain<number>;
  /** Seconds that a pod's start may take, by default half of the progress deadline. */
  readonly startDeadline?: Plain<number | undefined>;
  /** The Job that must succeed before the pods change. */
  readonly migrate?: Plain<Migrate | undefined>;
  /** The Job that may be run before all of this is removed. */
  readonly onClose?: Plain<OnClose | undefined>;
  /** How requests from outside of the cluster reach the service. */
  readonly exposure: Plain<Exposure | undefined>;
  /** The most that all pods of the namespace may have together. */
  readonly quota?: Plain<Quota | undefined>;
  /** Networks that the service may open connections to, beside the cluster's DNS. */
  readonly egress: Plain<readonly Egress[]>;
  /** More annotations of the Deployment, which make Pulumi update it after a change that it hasn't recorded. */
  readonly unrecordedChange?: Plain<Readonly<Record<string, string>> | undefined>;
  /** ARN of the IAM role that pods get by EKS Pod Identity, known once they do. Undefined for none. */
  readonly podRole?: pulumi.Input<string> | undefined;
  /** What the engine calls if the rollout fails. */
  readonly onError?: Plain<pulumi.ErrorHook>;
}

/**
 * A stateless HTTP service on Kubernetes: a namespace under the restricted Pod Security profile, a Deployment whose
 * rollouts keep the number of pods, a NetworkPolicy, and a Service. Several pods get a disruption budget, and a range
 * of replicas gets an autoscaler. A Job may have to succeed before the pods change, Prometheus may be told of them, and an
 * HTTPRoute or an Ingress may lead to them from outside of the cluster.
 *
 * Needs a Kubernetes provider. Names and selector never change, so no update replaces an object but that Job. Only the
 * Secret of the environment variables has a name of its own for each content.
 */
export class GoService extends pulumi.ComponentResource {
  /** Name of the namespace. */
  readonly namespace: pulumi.Output<string>;
  /** Name of the Service. */
  readonly service: pulumi.Output<string>;
  /** The Service's URL for clients inside the cluster. */
  readonly url: pulumi.Output<string>;
  /** The HTTPRoute that leads to the Service, if there is one. */
  readonly route: CustomResource | undefined;

  constructor(name: string, args: GoServiceArgs, opts: pulumi.ComponentResourceOptions) {
    super("ping:index:GoService", name, {}, opts);
    const { replicas, podRole } = args;
    const egress = podRole === undefined ? args.egress : [...podIdentityAgent, ...args.egress];
    const scaled = replicas.max > replicas.min;
    const selector = { "app.kubernetes.io/name": args.service };
    const labels = { ...selector, "app.kubernetes.io/managed-by": "pulumi" };
    const times = timing(args.progressDeadline, args.startDeadline);
    const waiting = { create: `${times.timeout}s`, update: `${times.timeout}s` };

    const { namespace, quota } = makeNamespace(name, args, labels, this);
    const metadata = { name: args.service, namespace: namespace.metadata.name, labels };

    // Every pod has this ServiceAccount, and so starts after the quota.
    const serviceAccount = new core.ServiceAccount(
      `${name}-account`,
      { metadata, automountServiceAccountToken: false },
      { parent: this, dependsOn: quota ? [quota] : [] },
    );

    const networkPolicy = new networking.NetworkPolicy(
      `${name}-network-policy`,
      { metadata, spec: networkPolicySpec(selector, egress, args.metrics, args.exposure?.from) },
      { parent: this },
    );

    const { encryptedEnv, pullLogin, migrate, onClose, metrics } = args;
    const secrets = {
      env: encryptedEnv && envSecret(`${name}-env`, metadata, encryptedEnv, this),
      pull: pullLogin && pullSecret(`${name}-pull-secret`, metadata, pullLogin, this),
    };
    // A pod gets a role's credentials only when it is created. With the annotation, pods start after the role exists, and
    // roll for a new one.
    const roleAnnotations = podRole === undefined ? {} : { "pod-role": podRole };
    const pod = podSpec(args, serviceAccount.metadata.name, selector, times, secrets);
    const jobArgs = { metadata, pod, podAnnotations: { ...tmpAnnotations, ...roleAnnotations }, egress, times };
    // What a migration makes, somebody can remove again.
    const closed = onClose && closing(`${name}-on-close`, { ...onClose, ...jobArgs }, this);
    const after = closed ? [closed] : [];
    const migrated = migrate && migration(`${name}-migration`, { ...migrate, ...jobArgs }, this, after);

    const deployment = new apps.Deployment(
      `${name}-deployment`,
      {
        metadata: { ...metadata, annotations: { ...waiverAnnotations, ...args.unrecordedChange } },
        spec: {
          replicas: replicas.min,
          selector: { matchLabels: selector },
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" } },
          progressDeadlineSeconds: times.progressDeadline,
          revisionHistoryLimit: 3,
          template: {
            metadata: {
              labels,
              annotations: {
                ...tmpAnnotations,
                ...roleAnnotations,
                ...(metrics && scrapeAnnotations(metrics, args.port)),
              },
            },
            spec: pod,
          },
        },
      },
      {
        parent: this,
        // No pod runs before the policy exists, and none changes before the migration has succeeded.
        dependsOn: [networkPolicy, ...(migrated ? [migrated] : [])],
        customTimeouts: waiting,
        hooks: { onError: args.onError ? [args.onError] : [] },
        // The autoscaler owns the number. Without this, every update would reset it (pulumi/pulumi-kubernetes#2491). If
        // `replicas` were left out, a change from a fixed number to a range would reset it to one pod.
        ...(scaled ? { ignoreChanges: ["spec.replicas"] } : {}),
      },
    );

    const service = new core.Service(
      `${name}-service`,
      {
        // The provider would wait 10 s for a new Service's endpoints. The Deployment has already waited for its pods.
        metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
        spec: {
          type: "ClusterIP",
          selector,
          ports: [
            {
              name: portName,
              port: servicePort,
              targetPort: portName,
              protocol: "TCP",
              // Without this, a Gateway or an Ingress controller would speak HTTP/1.1, which gRPC isn't.
              ...(args.health.protocol === "grpc" ? { appProtocol: "kubernetes.io/h2c" } : {}),
            },
          ],
        },
      },
      { parent: this },
    );

    if (metrics?.podMonitor) {
      podMonitor(`${name}-pod-monitor`, metrics, metadata, selector, this);
    }

    const { exposure } = args;
    const routed = { ...metadata, name: service.metadata.name };
    this.route = exposure?.gateway && httpRoute(`${name}-route`, exposure, routed, this);
    if (exposure?.ingress) {
      ingress(`${name}-ingress`, { host: exposure.host, ...exposure.ingress }, routed, times, this);
    }

    if (replicas.max > 1) {
      new policy.PodDisruptionBudget(
        `${name}-disruption-budget`,
        {
          metadata,
          // Without AlwaysAllow, broken pods would block the drain of their node.
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
