/**
 * The part of the Prometheus operator's definition of PodMonitors that the program uses. The operator's own has some
 * 1,000 lines more. What isn't declared here is refused.
 */
export const podMonitorDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "podmonitors.monitoring.coreos.com" },
  spec: {
    group: "monitoring.coreos.com",
    names: { kind: "PodMonitor", listKind: "PodMonitorList", plural: "podmonitors", singular: "podmonitor" },
    scope: "Namespaced",
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            required: ["spec"],
            properties: {
              spec: {
                type: "object",
                required: ["selector"],
                properties: {
                  selector: {
                    type: "object",
                    properties: { matchLabels: { type: "object", additionalProperties: { type: "string" } } },
                  },
                  podMetricsEndpoints: {
                    type: "array",
                    items: { type: "object", properties: { port: { type: "string" }, path: { type: "string" } } },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
};
