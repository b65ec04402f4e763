import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { test, type TestContext } from "node:test";
import { Failure } from "../../../../common";
import { explainFailure } from "../../../../infra/rollout/explain-failure";
import type { AskApi } from "../../../../infra/rollout/rollout-state";
import { Mocks } from "../../../support/mocks";
import { conditions, fakeCluster } from "./fake-cluster";

const failed = {
  ...{ urn: "", id: "", name: "ping-deployment", type: "kubernetes:apps/v1:Deployment", errors: ["timed out"] },
  failedOperation: "update",
  newInputs: { metadata: { namespace: "ping-dev", name: "ping" } },
};

/** What the engine gets to show after an update has failed. Asserts that the update isn't tried again. */
async function shown(t: TestContext, ask: AskApi, args: pulumi.ErrorHookArgs = failed): Promise<string[]> {
  const mocks = await Mocks.start();
  explainFailure(ask);
  const error = t.mock.method(pulumi.log, "error", () => Promise.resolve());
  assert.equal(await mocks.errorHooks.get("explain-rollout")?.(args), false);
  const messages = error.mock.calls.map((call): unknown => call.arguments.at(0));
  error.mock.restore();
  return messages.map(String);
}

const unscheduled = {
  phase: "Pending",
  conditions: conditions("PodScheduled", "False", "Unschedulable", "0/1 nodes are available: 1 Too many pods."),
};

test("an update that fails shows why, in one error", async (t) => {
  const { ask } = fakeCluster({ pods: [unscheduled] });
  assert.deepEqual(await shown(t, ask), [
    [
      "no node takes the pod: 0/1 nodes are available: 1 Too many pods. Every node has as many pods as it may. Lower `replicas`, or add a node.",
      "pod ping-new-0: Pending",
      "  not scheduled: 0/1 nodes are available: 1 Too many pods.",
    ].join("\n"),
  ]);
});

test("nothing is added where the rollout isn't the reason: every pod is ready, there is no Deployment, or its removal failed", async (t) => {
  assert.deepEqual(await shown(t, fakeCluster({}).ask), []);
  assert.deepEqual(await shown(t, () => Promise.resolve(undefined)), []);
  const { ask, paths } = fakeCluster({ pods: [unscheduled] });
  const { newInputs: _, ...removal } = failed;
  assert.deepEqual(await shown(t, ask, { ...removal, failedOperation: "delete" }), []);
  assert.deepEqual(paths, []);
});

test("a cluster that can't be asked is told as that", async (t) => {
  const ask = () => Promise.reject(new Failure("kubectl can't ask the cluster why the rollout failed: Forbidden."));
  assert.deepEqual(await shown(t, ask), ["kubectl can't ask the cluster why the rollout failed: Forbidden."]);
});
