import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { JobArgs } from "../../../../infra/service/job";
import { waiverAnnotations } from "../../../../infra/service/lint-waivers";
import { migration } from "../../../../infra/service/migration";
import { networkPolicySpec } from "../../../../infra/service/network/network-policy";
import { closing } from "../../../../infra/service/on-close";
import { timing } from "../../../../infra/service/timing";
import { Mocks } from "../../../support/mocks";
import { recorded } from "../../recorded";

const egress = [{ cidr: "10.0.0.0/8", ports: [5432] }];
const httpGet = { path: "/health", port: "http" };
const container = {
  name: "shop",
  image: "localhost:15000/shop@sha256:12",
  env: [{ name: "DATABASE", value: "db" }],
  envFrom: [{ secretRef: { name: "shop-1" } }],
  terminationMessagePolicy: "FallbackToLogsOnError",
};
const serving = {
  ports: [{ name: "http", containerPort: 8080 }],
  startupProbe: { httpGet },
  readinessProbe: { httpGet },
  livenessProbe: { httpGet },
  lifecycle: { preStop: { sleep: { seconds: 5 } } },
};
const pod = { serviceAccountName: "shop", securityContext: { runAsNonRoot: true }, volumes: [{ name: "tmp" }] };

const labels = { "app.kubernetes.io/name": "shop", "app.kubernetes.io/managed-by": "pulumi" };
const podLabels = { "app.kubernetes.io/component": "migration", "app.kubernetes.io/managed-by": "pulumi" };

const args: JobArgs = {
  args: ["migrate", "up"],
  metadata: { name: "shop", namespace: "shop-dev", labels },
  pod: {
    ...pod,
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway" }],
    containers: [{ ...container, ...serving }],
  },
  podAnnotations: { "pod-role": "arn:role" },
  egress,
  times: timing(60),
};

/** Registers a migration and returns what was registered, each with the options that decide when it runs. */
async function registered(changes: Partial<JobArgs> = {}) {
  const mocks = await Mocks.start();
  const { made, record } = recorded();
  const parent = new pulumi.ComponentResource("test:index:Web", "web", {}, { transformations: [record] });
  const closed = closing("web-on-close", { ...args, args: ["drop"], ...changes }, parent);
  migration("web-migration", { ...args, ...changes }, parent, [closed]);
  await mocks.registered();
  return { mocks, made, parent };
}

const metadata = { name: "shop-migration", namespace: "shop-dev", labels };

test("the Job has the service's pod, with other arguments and without what is for serving, and runs once", async () => {
  const { mocks } = await registered();
  assert.deepEqual(mocks.inputs("kubernetes:batch/v1:Job"), {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { ...metadata, annotations: { ...waiverAnnotations, "pulumi.com/replaceUnready": "true" } },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: 120,
      template: {
        metadata: { labels: podLabels, annotations: args.podAnnotations },
        spec: { ...pod, restartPolicy: "Never", containers: [{ ...container, args: ["migrate", "up"] }] },
      },
    },
  });
});

test("its arguments reach the program as they were written, though Kubernetes expands some", async () => {
  const { mocks } = await registered({ args: ["$(DATABASE)", "a$$b"] });
  const { spec } = mocks.inputs("kubernetes:batch/v1:Job");
  assert.match(JSON.stringify(spec), /"args":\["\$\$\(DATABASE\)","a\$\$\$b"\]/);
});

test("no pod of the Job is the Service's, and its policy lets the same out as the service's, and nothing in", async () => {
  const { mocks } = await registered();
  assert.ok(!("app.kubernetes.io/name" in podLabels));
  assert.deepEqual(mocks.inputs("kubernetes:networking.k8s.io/v1:NetworkPolicy", "web-migration-network-policy"), {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata,
    spec: { ...networkPolicySpec(podLabels, egress), ingress: [] },
  });
});

test("what runs before an environment is removed has the same pod, runs by nothing but a Job that is made of it, and is there before a migration", async () => {
  const { mocks, made } = await registered();
  const closingLabels = { ...podLabels, "app.kubernetes.io/component": "on-close" };
  const named = { ...metadata, name: "shop-on-close" };
  assert.deepEqual(mocks.inputs("kubernetes:batch/v1:CronJob"), {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: {
      ...named,
      labels: { ...labels, "app.kubernetes.io/component": "on-close" },
      annotations: waiverAnnotations,
    },
    spec: {
      schedule: "0 0 31 2 *",
      suspend: true,
      concurrencyPolicy: "Forbid",
      startingDeadlineSeconds: 60,
      jobTemplate: {
        spec: {
          backoffLimit: 0,
          activeDeadlineSeconds: 120,
          template: {
            metadata: { labels: closingLabels, annotations: args.podAnnotations },
            spec: { ...pod, restartPolicy: "Never", containers: [{ ...container, args: ["drop"] }] },
          },
        },
      },
    },
  });
  assert.deepEqual(mocks.inputs("kubernetes:networking.k8s.io/v1:NetworkPolicy", "web-on-close-network-policy"), {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: named,
    spec: { ...networkPolicySpec(closingLabels, egress), ingress: [] },
  });
  const { dependsOn } = made.get("web-on-close")?.opts ?? {};
  assert.deepEqual([dependsOn].flat(), [made.get("web-on-close-network-policy")?.resource]);
});

test("the Job waits for its policy, and Pulumi for the Job until its pod has had the time to stop", async () => {
  const { made, parent } = await registered();
  const { parent: given, dependsOn, customTimeouts } = made.get("web-migration")?.opts ?? {};
  assert.equal(given, parent);
  assert.deepEqual([dependsOn].flat(), [
    made.get("web-migration-network-policy")?.resource,
    made.get("web-on-close")?.resource,
  ]);
  assert.deepEqual(customTimeouts, { create: "180s" });
});

test("a long name stays a name that a Job may have", async () => {
  const { mocks } = await registered({ metadata: { ...args.metadata, name: "s".repeat(61) } });
  const { metadata: given } = mocks.inputs("kubernetes:batch/v1:Job");
  assert.match(JSON.stringify(given), /"name":"s{56}-[0-9a-f]{6}"/);
});
