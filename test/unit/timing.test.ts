import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { patience, probeTimings } from "../../infra/probes";
import { rolloutTiming, stopTiming, terminationGracePeriod } from "../../infra/timing";

test("the grace period covers every phase of a stop and its margin", () => {
  assert.equal(terminationGracePeriod({ sleep: 1, drain: 20, shutdown: 300, margin: 4000 }), 4321);
  assert.equal(terminationGracePeriod(stopTiming), 30);
  assert.ok(stopTiming.margin > 0);
});

test("drain and shutdown are what the service in app/ takes", () => {
  const source = readFileSync("app/drain.go", "utf8");
  const seconds = (name: string) => Number(new RegExp(`\\b${name} += (\\d+) \\* time\\.Second`).exec(source)?.[1]);
  assert.equal(seconds("drainPeriod"), stopTiming.drain);
  assert.equal(seconds("shutdownTimeout"), stopTiming.shutdown);
});

test("Kubernetes calls a rollout failed before Pulumi gives up waiting for it", () => {
  assert.ok(rolloutTiming.progressDeadline < rolloutTiming.timeout);
});

test("a pod that never starts is restarted, and so shows why, before the rollout has failed", () => {
  assert.ok(patience(probeTimings.startup) < rolloutTiming.progressDeadline);
});
