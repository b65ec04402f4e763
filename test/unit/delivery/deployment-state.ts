/** A Deployment in a stack's state, with this readiness probe. */
export const deploymentState = (readinessProbe: object = { httpGet: { path: "/healthz", port: "http" } }) => ({
  type: "kubernetes:apps/v1:Deployment",
  inputs: {
    metadata: { name: "ping", namespace: "ping-dev" },
    spec: {
      selector: { matchLabels: { "app.kubernetes.io/name": "ping", "app.kubernetes.io/instance": "dev" } },
      template: {
        spec: {
          containers: [{ ports: [{ name: "http", containerPort: 8080 }], readinessProbe }, { name: "sidecar" }],
        },
      },
    },
  },
});
