/** A Deployment in a stack's state, whose readiness probe asks this port. */
export const deploymentState = (port: string | number = "http", path = "/healthz") => ({
  type: "kubernetes:apps/v1:Deployment",
  inputs: {
    metadata: { name: "ping", namespace: "ping-dev" },
    spec: {
      selector: { matchLabels: { "app.kubernetes.io/name": "ping", "app.kubernetes.io/instance": "dev" } },
      template: {
        spec: {
          containers: [
            { ports: [{ name: "http", containerPort: 8080 }], readinessProbe: { httpGet: { path, port } } },
            { name: "sidecar" },
          ],
        },
      },
    },
  },
});
