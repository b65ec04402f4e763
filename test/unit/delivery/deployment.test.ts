import assert from "node:assert/strict";
import { test } from "node:test";
import { findDeployment } from "../../../delivery/deployment";
import { deploymentState } from "./deployment-state";
import { fakeRun } from "./fake-run";

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
    assert.deepEqual(await find(...others, deploymentState(port)), {
      namespace: "ping-dev",
      name: "ping",
      selector: "app.kubernetes.io/name=ping,app.kubernetes.io/instance=dev",
      health: { path: "/healthz", port: number },
    });
  }
});

test("a stack without a Deployment is an error, and so is a probe of a port that isn't there", async () => {
  await assert.rejects(find(...others), {
    message: "the stack dev has no Deployment with a readiness probe over HTTP",
  });
  await assert.rejects(find(deploymentState("metrics")), {
    message: "the readiness probe asks the port metrics, which its container doesn't have",
  });
});
