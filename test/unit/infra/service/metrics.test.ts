import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { metricsPorts, podMonitor, scrapeAnnotations } from "../../../../infra/service/metrics";
import { Mocks, promiseOf } from "../../../support/mocks";

const own = { path: "/metrics", port: undefined, podMonitor: true };
const other = { path: "/stats", port: 9100, podMonitor: true };

test("annotations name the path, and the port as a text: the service's own unless there is another", async () => {
  await Mocks.start();
  const annotations = (path: string, port: string) => ({
    "prometheus.io/scrape": "true",
    "prometheus.io/path": path,
    "prometheus.io/port": port,
  });
  assert.deepEqual(await promiseOf(scrapeAnnotations(own, pulumi.output(8080))), annotations("/metrics", "8080"));
  assert.deepEqual(await promiseOf(scrapeAnnotations(other, 8080)), annotations("/stats", "9100"));
});

test("only metrics on a port of their own take one", () => {
  assert.deepEqual(metricsPorts(undefined), []);
  assert.deepEqual(metricsPorts(own), []);
  assert.deepEqual(metricsPorts(other), [{ name: "metrics", containerPort: 9100, protocol: "TCP" }]);
});

test("a PodMonitor names the pods by their labels, and the port by its name", async () => {
  const metadata = { name: "shop", namespace: "shop-dev" };
  const labels = { "app.kubernetes.io/name": "shop" };
  for (const [metrics, endpoint] of [
    [own, { port: "http", path: "/metrics" }],
    [other, { port: "metrics", path: "/stats" }],
  ] as const) {
    const mocks = await Mocks.start();
    podMonitor("web-pod-monitor", metrics, metadata, labels, new pulumi.ComponentResource("test:index:Web", "web"));
    await mocks.registered();
    assert.deepEqual(mocks.inputs("kubernetes:monitoring.coreos.com/v1:PodMonitor"), {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PodMonitor",
      metadata,
      spec: { selector: { matchLabels: labels }, podMetricsEndpoints: [endpoint] },
    });
  }
});
