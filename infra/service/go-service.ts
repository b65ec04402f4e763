import type { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as apps from "@pulumi/kubernetes/apps/v1";
import * as autoscaling from "@pulumi/kubernetes/autoscaling/v2";
import * as core from "@pulumi/kubernetes/core/v1";
import * as networking from "@pulumi/kubernetes/networking/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import * as pulumi from "@pulumi/pulumi";
import type { Platform } from "../base";
import type { WayIn } from "../cluster";
import type { Egress, HealthCheck, Migrate, OnClose, Quota, Replicas, Resources } from "../config";
import type { User } from "../image";
import type { PullLogin } from "../registry";
import { envSecret, type SecretEnv } from "./env-secret";
import { waiverAnnotations } from "./lint-waivers";
import { literal } from "./literal";
import { goMemoryLimit } from "./memory-limit";
import { type Metrics, metricsPorts, podMonitor, scrapeAnnotations } from "./metrics";
import { migration } from "./migration";
import { closing } from "./on-close";
import { makeNamespace } from "./namespace";
import { networkPolicySpec } from "./network-policy";
import { architectureTolerations, nodeAffinity } from "./node-affinity";
import { podIdentityAgent } from "./pod-role";
import { portName, probes } from "./probes";
import { pullSecret } from "./pull-secret";
import { containerSecurityContext, podSecurityContext } from "./security";
import { type Timing, timing } from "./timing";
import { tmpAnnotations, tmpMount, tmpVolume } from "./tmp-volume";
import { httpRoute, ingress, servicePort } from "./way-in";

/** Arguments of a {@link GoService}. */
export interface GoServiceArgs {
  /** Name of the namespace to create, a DNS label. */
  readonly namespace: pulumi.Input<string>;
  /** Name of the Service and of everything else inside the namespace, a DNS label. */
  readonly service: pulumi.Input<string>;
  /** The image by digest, `repository@sha256:…`. */
  readonly image: pulumi.Input<string>;
  /** User and group of the pods' processes. */
  readonly user: pulumi.Input<User>;
  /** Platforms of the image. Pods run only on nodes of these. */
  readonly platforms: pulumi.Input<readonly Platform[]>;
  /** Port that the container listens on. The container gets the number in `PORT`. */
  readonly port: pulumi.Input<number>;
  /** What the probes ask. Plain, because it decides which kind of probe they are. */
  readonly health: HealthCheck;
  /** Arguments of the container. None stand for those of the image. */
  readonly args: pulumi.Input<readonly string[]>;
  /** Environment variables other than `PORT`. `GOMEMLIMIT` follows the memory limit unless one of this name is given. */
  readonly env: pulumi.Input<Readonly<Record<string, string>>>;
  /** Variables that no reader of the Deployment may see, undefined for none. Plain, because a resource is named by their hash. */
  readonly secretEnv: SecretEnv | undefined;
  /** Login of a registry that asks the nodes for one. Plain absence, because it decides which resources there are. */
  readonly pullLogin: PullLogin | undefined;
  /** Number of pods. Plain, because it decides which resources there are. */
  readonly replicas: Replicas;
  /** Seconds without progress after which a rollout has failed. Plain, because a resource's timeouts are options. */
  readonly progressDeadline: number;
  /** Seconds that a pod's start may take, by default half of the progress deadline. Plain, as that is. */
  readonly startDeadline?: number | undefined;
  /** The Job that must succeed before the pods change. Plain, because it decides which resources there are. */
  readonly migrate: Migrate | undefined;
  /** The Job that may be run before all of this is removed. Plain, because it decides which resources there are. */
  readonly onClose?: OnClose | undefined;
  /** Where the pods serve Prometheus metrics. Plain, because it decides which resources there are. */
  readonly metrics: Metrics | undefined;
  /** How requests from outside of the cluster reach the service. Plain, because it decides which resources there are. */
  readonly wayIn: WayIn | undefined;
  /** Compute resources of each pod. */
  readonly resources: pulumi.Input<Resources>;
  /** The most that all pods of the namespace may have together. Plain, because it decides which resources there are. */
  readonly quota?: Quota | undefined;
  /** Networks that the service may open connections to, beside the cluster's DNS. */
  readonly egress: readonly Egress[];
  /** More annotations of the Deployment, which make Pulumi update it after a change that it hasn't recorded. */
  readonly unrecordedChange?: Readonly<Record<string, string>> | undefined;
  /** ARN of the IAM role that pods get by EKS Pod Identity, known once they do. Undefined for none. */
  readonly podRole?: pulumi.Input<string> | undefined;
  /** What the engine calls if the rollout fails. Plain, because it is an option. */
  readonly onError?: pulumi.ErrorHook;
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

    // Every pod has this account, and so starts after the quota.
    const account = new core.ServiceAccount(
      `${name}-account`,
      { metadata, automountServiceAccountToken: false },
      { parent: this, dependsOn: quota ? [quota] : [] },
    );

    const networkPolicy = new networking.NetworkPolicy(
      `${name}-network-policy`,
      { metadata, spec: networkPolicySpec(selector, egress, args.metrics, args.wayIn?.from) },
      { parent: this },
    );

    const { secretEnv, pullLogin, migrate, onClose, metrics } = args;
    const secrets = {
      env: secretEnv && envSecret(`${name}-env`, metadata, secretEnv, this),
      pull: pullLogin && pullSecret(`${name}-pull-secret`, metadata, pullLogin, this),
    };
    // A pod gets a role's credentials only when it is created. With the annotation, pods start after the role exists, and
    // roll for a new one.
    const roleAnnotations = podRole === undefined ? {} : { "pod-role": podRole };
    const pod = podSpec(args, account.metadata.name, selector, times, secrets);
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

    const { wayIn } = args;
    const exposed = { ...metadata, name: service.metadata.name };
    this.route = wayIn?.gateway && httpRoute(`${name}-route`, wayIn, exposed, this);
    if (wayIn?.ingress) {
      ingress(`${name}-ingress`, { host: wayIn.host, ...wayIn.ingress }, exposed, times, this);
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

function podSpec(
  { service, image, user, platforms, port, health, args, env, secretEnv, metrics, resources }: GoServiceArgs,
  account: pulumi.Input<string>,
  selector: Record<string, pulumi.Input<string>>,
  { gracePeriod, startup, stop }: Timing,
  secrets: { readonly env: core.Secret | undefined; readonly pull: core.Secret | undefined },
) {
  const variables = pulumi.all([port, env, resources]).apply(([number, others, { limits }]) => {
    const limit = secretEnv && "GOMEMLIMIT" in secretEnv.values ? undefined : goMemoryLimit(limits.memory);
    const own = { PORT: String(number), ...(limit === undefined ? {} : { GOMEMLIMIT: limit }) };
    return Object.entries({ ...own, ...others }).map(([name, value]) => ({ name, value: literal(value) }));
  });
  return {
    serviceAccountName: account,
    ...(secrets.pull ? { imagePullSecrets: [{ name: secrets.pull.metadata.name }] } : {}),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: gracePeriod,
    securityContext: podSecurityContext(pulumi.output(user)),
    affinity: { nodeAffinity: pulumi.output(platforms).apply(nodeAffinity), podAntiAffinity: apart(selector) },
    tolerations: pulumi.output(platforms).apply(architectureTolerations),
    // ScheduleAnyway, because a cluster may have fewer nodes than pods. pod-template-hash counts each revision by
    // itself. Otherwise the old revision's pods would skew the spread of the new ones.
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
        ports: [{ name: portName, containerPort: port, protocol: "TCP" }, ...metricsPorts(metrics)],
        args: pulumi.output(args).apply((list) => (list.length === 0 ? undefined : list.map(literal))),
        env: variables,
        ...(secrets.env ? { envFrom: [{ secretRef: { name: secrets.env.metadata.name } }] } : {}),
        volumeMounts: [tmpMount],
        resources,
        securityContext: containerSecurityContext,
        ...probes(health, port, startup),
        lifecycle: { preStop: { sleep: { seconds: stop.sleep } } },
        // The update's error then shows the last lines of a crash (pulumi/pulumi-kubernetes#535).
        terminationMessagePolicy: "FallbackToLogsOnError",
      },
    ],
    volumes: [pulumi.output(resources).apply(({ limits }) => tmpVolume(limits["ephemeral-storage"]))],
  };
}

/** Prefers a node without one of the pods to a node that is emptier or has the image already. */
function apart(selector: Record<string, pulumi.Input<string>>) {
  const podAffinityTerm = {
    topologyKey: "kubernetes.io/hostname",
    labelSelector: { matchLabels: selector },
    matchLabelKeys: ["pod-template-hash"],
  };
  return { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }] };
}
