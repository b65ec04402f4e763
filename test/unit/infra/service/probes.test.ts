import assert from "node:assert/strict";
import { test } from "node:test";
import { patience, probes, probeTimings, startupTiming } from "../../../../infra/service/probes";
import { progressDeadlines } from "../../../../infra/config";
import { timing } from "../../../../infra/service/timing";

test("all three probes ask one path on the container's named port", () => {
  const httpGet = { path: "/healthz", port: "http" };
  assert.deepEqual(probes("/healthz", 60), {
    startupProbe: { httpGet, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 60 },
    readinessProbe: { httpGet, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 2 },
    livenessProbe: { httpGet, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  });
});

test("patience is the time of all failures in a row", () => {
  assert.equal(patience({ periodSeconds: 7, timeoutSeconds: 1, failureThreshold: 3 }), 21);
  assert.equal(patience(startupTiming(60)), 60);
});

test("liveness is several times as patient as readiness, and outlasts a stop that answers 503", () => {
  assert.ok(patience(probeTimings.liveness) >= 5 * patience(probeTimings.readiness));
  assert.ok(patience(probeTimings.liveness) > timing(progressDeadlines.default).gracePeriod);
});

test("no probe is still waiting for an answer when it asks again", () => {
  for (const { periodSeconds, timeoutSeconds } of [...Object.values(probeTimings), startupTiming(10)]) {
    assert.ok(timeoutSeconds <= periodSeconds);
  }
});
