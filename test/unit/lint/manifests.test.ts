import assert from "node:assert/strict";
import { test } from "node:test";
import { podOf } from "../../lint/api-server";
import { manifestsOf, nameOf } from "../../lint/manifests";

test("what the checkers see is what the program registers", async () => {
  const before = { ...process.env };
  const manifests = await manifestsOf("lint", {});
  assert.deepEqual(manifests.map(nameOf).sort(), [
    "Deployment/ping",
    "HorizontalPodAutoscaler/ping",
    "Namespace/ping-lint",
    "NetworkPolicy/ping",
    "PodDisruptionBudget/ping",
    "Service/ping",
    "ServiceAccount/ping",
  ]);
  const [deployment] = manifests.filter(({ kind }) => kind === "Deployment");
  assert.ok(deployment);
  const { kind, metadata } = podOf(deployment);
  assert.deepEqual([kind, metadata.name, metadata.namespace], ["Pod", "ping", "ping-lint"]);
  assert.deepEqual({ ...process.env }, before);
});
