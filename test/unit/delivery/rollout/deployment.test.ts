import assert from "node:assert/strict";
import { test } from "node:test";
import { findDeployment, nameOf } from "../../../../delivery/rollout/deployment";
import { deploymentState } from "../deployment-state";
import { fakeRun } from "../fake-run";

const find = (...resources: object[]) => {
  const run = fakeRun((text) => {
    assert.equal(text, "pulumi stack export --stack dev");
    return JSON.stringify({ deployment: { resources } });
  });
  return findDeployment(run, "dev");
};
const others = [{ type: "pulumi:pulumi:Stack" }, { type: "kubernetes:core/v1:Namespace", inputs: { metadata: {} } }];

test("the Deployment and what its probe asks are read from the stack's state, where a port may have a name", async () => {
  for (const [port, number] of [
    ["http", 8080],
    [9090, 9090],
  ] as const) {
    assert.deepEqual(await find(...others, deploymentState({ httpGet: { path: "/healthz", port } })), {
      namespace: "ping-dev",
      name: "ping",
      selector: "app.kubernetes.io/name=ping,app.kubernetes.io/instance=dev",
      health: { path: "/healthz", port: number },
    });
  }
});

test("a probe over gRPC asks a port's number for a service, by default for the whole server", async () => {
  for (const [grpc, service] of [
    [{ port: 9090, service: "shop.v1.Orders" }, "shop.v1.Orders"],
    [{ port: 9090 }, ""],
  ] as const) {
    const { health } = await find(...others, deploymentState({ grpc }));
    assert.deepEqual(health, { service, port: 9090 });
    assert.equal(nameOf(health), "grpc.health.v1.Health/Check");
  }
  assert.equal(nameOf({ path: "/healthz", port: 8080 }), "/healthz");
});

test("a stack without a Deployment is an error, and so is a probe of a port that isn't there", async () => {
  await assert.rejects(find(...others), {
    message: "the stack dev has no Deployment with a readiness probe over HTTP or gRPC",
  });
  await assert.rejects(find(deploymentState({ httpGet: { path: "/healthz", port: "metrics" } })), {
    message: "the readiness probe asks the port metrics, which its container doesn't have",
  });
});
