import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as pulumi from "@pulumi/pulumi";
import { portName } from "./pod";

/** Where the pods serve Prometheus metrics. */
export interface Metrics {
  readonly path: string;
  /** Undefined for the service's own port. */
  readonly port: number | undefined;
  /** Whether the cluster has {@link podMonitors}. */
  readonly podMonitor: boolean;
}

/** The kind that tells a Prometheus of the Prometheus operator what to scrape. */
export const podMonitors = { api: "monitoring.coreos.com/v1", resource: "podmonitors" } as const;

/** Name of the container port of the metrics, if it isn't the service's own. */
const metricsPortName = "metrics";

/** The ports that the metrics take beside the service's own. */
export function metricsPorts(metrics: Metrics | undefined) {
  return metrics?.port === undefined ? [] : [{ name: metricsPortName, containerPort: metrics.port, protocol: "TCP" }];
}

/** The annotations of a pod that a Prometheus without the operator goes by, in the form of its Helm chart's default config. */
export function scrapeAnnotations({ path, port }: Metrics, servicePort: pulumi.Input<number>) {
  return {
    "prometheus.io/scrape": "true",
    "prometheus.io/path": path,
    "prometheus.io/port": pulumi.output(port ?? servicePort).apply(String),
  };
}

/** Registers the PodMonitor of the pods with these labels. */
export function podMonitor(
  name: string,
  { path, port }: Metrics,
  metadata: { readonly name: pulumi.Input<string>; readonly namespace: pulumi.Input<string> },
  matchLabels: Readonly<Record<string, pulumi.Input<string>>>,
  parent: pulumi.Resource,
): void {
  const endpoint = { port: port === undefined ? portName : metricsPortName, path };
  new CustomResource(
    name,
    {
      apiVersion: podMonitors.api,
      kind: "PodMonitor",
      metadata,
      spec: { selector: { matchLabels }, podMetricsEndpoints: [endpoint] },
    },
    { parent },
  );
}
