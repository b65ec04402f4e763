import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import type { Plain, Platform } from "../../common";
import type { HealthCheck, Resources } from "../config";
import type { User } from "../image";
import { literal } from "./literal";
import { type Metrics, metricsPorts } from "./metrics";
import {
  architectureTolerations,
  containerSecurityContext,
  goMemoryLimit,
  nodeAffinity,
  podSecurityContext,
  portName,
  probes,
  tmpMount,
  tmpVolume,
} from "./pod";
import type { EncryptedEnv } from "./secrets";
import type { Timing } from "./timing";

/** What decides how a pod of the service runs. The parts of it that need nothing else are in pod/, also for metrics.ts. */
export interface PodArgs {
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
  /** What the probes ask. */
  readonly health: Plain<HealthCheck>;
  /** Arguments of the container. None stand for those of the image. */
  readonly args: pulumi.Input<readonly string[]>;
  /** Environment variables other than `PORT`. `GOMEMLIMIT` follows the memory limit unless one of this name is given. */
  readonly env: pulumi.Input<Readonly<Record<string, string>>>;
  /** Encrypted environment variables, which the pods get from a Secret. Undefined for none. */
  readonly encryptedEnv: Plain<EncryptedEnv | undefined>;
  /** Where the pods serve Prometheus metrics. */
  readonly metrics: Plain<Metrics | undefined>;
  /** Compute resources of each pod. */
  readonly resources: pulumi.Input<Resources>;
}

/** The pods' spec. */
export function podSpec(
  { service, image, user, platforms, port, health, args, env, encryptedEnv, metrics, resources }: PodArgs,
  serviceAccount: pulumi.Input<string>,
  selector: Record<string, pulumi.Input<string>>,
  { gracePeriod, startup, stop }: Timing,
  secrets: { readonly env: core.Secret | undefined; readonly pull: core.Secret | undefined },
) {
  const variables = pulumi.all([port, env, resources]).apply(([number, others, { limits }]) => {
    const limit = encryptedEnv && "GOMEMLIMIT" in encryptedEnv.values ? undefined : goMemoryLimit(limits.memory);
    const own = { PORT: String(number), ...(limit === undefined ? {} : { GOMEMLIMIT: limit }) };
    return Object.entries({ ...own, ...others }).map(([name, value]) => ({ name, value: literal(value) }));
  });
  return {
    serviceAccountName: serviceAccount,
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
