import assert from "node:assert/strict";
import { test } from "node:test";
import { progressDeadlines } from "../../../../../infra/config";
import { patience, probes, probeTimings, startupTiming } from "../../../../../infra/service/pod/probes";
import { timing } from "../../../../../infra/service/timing";

const startup = { periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 60 };
const readiness = { periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 2 };
const liveness = { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 };

test("probes over HTTP ask paths on the container's named port, liveness its own", () => {
  const httpGet = { path: "/healthz", port: "http" };
  assert.deepEqual(probes({ protocol: "http", path: "/healthz", livenessPath: "/livez" }, 8080, 60), {
    startupProbe: { httpGet, ...startup },
    readinessProbe: { httpGet, ...readiness },
    livenessProbe: { httpGet: { path: "/livez", port: "http" }, ...liveness },
  });
});

test("probes over gRPC ask the port's number, for one service or for the whole server", () => {
  for (const [service, grpc] of [
    ["shop.v1.Orders", { port: 8080, service: "shop.v1.Orders" }],
    [undefined, { port: 8080 }],
  ] as const) {
    assert.deepEqual(probes({ protocol: "grpc", service }, 8080, 60), {
      startupProbe: { grpc, ...startup },
      readinessProbe: { grpc, ...readiness },
      livenessProbe: { grpc, ...liveness },
    });
  }
});

test("patience is the time of all failures in a row", () => {
  assert.equal(patience({ periodSeconds: 7, timeoutSeconds: 1, failureThreshold: 3 }), 21);
  assert.equal(patience(startupTiming(60)), 60);
});

test("liveness is several times as patient as readiness, and outlasts a stop that answers 503", () => {
  assert.ok(patience(probeTimings.liveness) >= 5 * patience(probeTimings.readiness));
  assert.ok(patience(probeTimings.liveness) > timing(progressDeadlines.default).gracePeriod);
});

test("a health check of several seconds passes every probe, and no probe of a ready pod asks while it still waits", () => {
  for (const { timeoutSeconds } of [...Object.values(probeTimings), startupTiming(10)]) {
    assert.ok(timeoutSeconds >= 3);
  }
  for (const { periodSeconds, timeoutSeconds } of Object.values(probeTimings)) {
    assert.ok(timeoutSeconds <= periodSeconds);
  }
});
