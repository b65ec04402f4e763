import assert from "node:assert/strict";
import { test } from "node:test";
import { findDeployment, nameOf } from "../../../../delivery/rollout/deployment";
import { deploymentState } from "../deployment-state";

const find = (...resources: { readonly type: string }[]) => findDeployment("dev", resources);
const others = [{ type: "pulumi:pulumi:Stack" }, { type: "kubernetes:core/v1:Namespace", inputs: { metadata: {} } }];

test("the Deployment and what its probe asks are read from the stack's resources, where a port may have a name", () => {
  for (const [port, number] of [
    ["http", 8080],
    [9090, 9090],
  ] as const) {
    assert.deepEqual(find(...others, deploymentState({ httpGet: { path: "/healthz", port } })), {
      namespace: "ping-dev",
      name: "ping",
      selector: "app.kubernetes.io/name=ping,app.kubernetes.io/instance=dev",
      health: { path: "/healthz", port: number },
    });
  }
});

test("a probe over gRPC asks a port's number for a service, by default for the whole server", () => {
  for (const [grpc, service] of [
    [{ port: 9090, service: "shop.v1.Orders" }, "shop.v1.Orders"],
    [{ port: 9090 }, ""],
  ] as const) {
    const { health } = find(...others, deploymentState({ grpc }));
    assert.deepEqual(health, { service, port: 9090 });
    assert.equal(nameOf(health), "grpc.health.v1.Health/Check");
  }
  assert.equal(nameOf({ path: "/healthz", port: 8080 }), "/healthz");
});

test("a stack without a Deployment is an error, and so is a probe of a port that isn't there", () => {
  assert.throws(() => find(...others), {
    message: "the stack dev has no Deployment with a readiness probe over HTTP or gRPC",
  });
  assert.throws(() => find(deploymentState({ httpGet: { path: "/healthz", port: "metrics" } })), {
    message: "the readiness probe asks the port metrics, which its container doesn't have",
  });
});
