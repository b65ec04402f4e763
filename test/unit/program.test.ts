import assert from "node:assert/strict";
import * as http from "node:http";
import * as net from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { test, type TestContext } from "node:test";
import { projectWith } from "./files";
import { Mocks, promiseOf, pushedDigest, unknown } from "./mocks";
import { listen, unusedPort } from "./servers";

// eslint-disable-next-line @typescript-eslint/no-require-imports -- What Pulumi does with it.
const program: unknown = require("../../infra/index");

/** Runs the program in a project with a small service, against a registry and an API server on the loopback. */
async function run(t: TestContext, config: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  const registry = await listen(
    t,
    http.createServer((_, response) => response.end()),
  );
  const apiServer = await listen(t, net.createServer());
  return runWith(t, registry, apiServer, config);
}

async function runWith(t: TestContext, registry: number, apiServer: number, config: Record<string, unknown>) {
  projectWith(t, {
    "app/Dockerfile": "FROM scratch\n",
    "app/main.go": "package main\n",
    kubeconfig: JSON.stringify({
      clusters: [{ name: "one", cluster: { server: `https://127.0.0.1:${apiServer}` } }],
      contexts: [{ name: "sandbox", context: { cluster: "one" } }],
    }),
  });
  process.env["KUBECONFIG"] = "kubeconfig";
  t.after(() => delete process.env["KUBECONFIG"]);
  const all = { registry: { url: `127.0.0.1:${registry}/ping` }, cluster: { context: "sandbox" }, ...config };
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(all).map(([key, value]) => [
        `ping:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
  assert.ok(typeof program === "function");
  const outputs: unknown = await Reflect.apply(program, undefined, []);
  assert.ok(typeof outputs === "object" && outputs !== null);
  const settled = Object.entries(outputs).map(
    async ([key, value]: [string, unknown]) => [key, await promiseOf(value)] as const,
  );
  return { repository: all.registry.url, ...Object.fromEntries(await Promise.all(settled)) };
}

const fixed = [
  "docker-build:index:Image ping-build",
  "kubernetes:apps/v1:Deployment ping-deployment",
  "kubernetes:core/v1:Namespace ping-namespace",
  "kubernetes:core/v1:Service ping-service",
  "kubernetes:core/v1:ServiceAccount ping-account",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy ping-network-policy",
  "kubernetes:policy/v1:PodDisruptionBudget ping-disruption-budget",
  "kubernetes:scheduling.k8s.io/v1:PriorityClass ping-priority",
  "ping:index:GoService ping",
  "ping:index:ServiceImage ping",
  "pulumi:providers:docker registry-reader",
  "pulumi:providers:kubernetes cluster",
];

const replicas = { min: 2, max: 2 };

/** The image that the Deployment runs. */
const deployed = (mocks: Mocks) => JSON.stringify(mocks.inputs("kubernetes:apps/v1:Deployment"));

test("an update builds, verifies and deploys by digest, and registers nothing else", async (t) => {
  const mocks = await Mocks.start();
  const { repository, ...outputs } = await run(t, { replicas });
  assert.deepEqual(outputs, {
    image: `${String(repository)}@${pushedDigest}`,
    platforms: { "linux/amd64": `sha256:${"a".repeat(64)}`, "linux/arm64": `sha256:${"b".repeat(64)}` },
    namespace: "ping-dev",
    service: "ping",
    url: "http://ping.ping-dev.svc.cluster.local",
  });
  assert.deepEqual(await mocks.registered(), fixed);
  assert.ok(deployed(mocks).includes(`"image":"${String(repository)}@${pushedDigest}"`));
});

test("a preview plans the same resources, with the image unknown", async (t) => {
  const mocks = await Mocks.start({ preview: true });
  const { repository: _, ...outputs } = await run(t, { replicas });
  assert.deepEqual(outputs, {
    image: unknown,
    platforms: unknown,
    namespace: "ping-dev",
    service: "ping",
    url: "http://ping.ping-dev.svc.cluster.local",
  });
  assert.deepEqual(await mocks.registered(), fixed);
});

test("a range of replicas adds an autoscaler", async (t) => {
  const mocks = await Mocks.start();
  await run(t);
  const added = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler ping-autoscaler";
  assert.deepEqual(await mocks.registered(), [...fixed, added].sort());
});

test("a given image is deployed without a build", async (t) => {
  const mocks = await Mocks.start();
  const registry = await listen(
    t,
    http.createServer((_, response) => response.end()),
  );
  const image = `127.0.0.1:${registry}/other@${pushedDigest}`;
  const outputs = await run(t, { replicas, image, registry: {} });
  assert.equal(outputs["image"], image);
  assert.deepEqual(
    await mocks.registered(),
    fixed.filter((name) => !name.startsWith("docker-build:")),
  );
  assert.ok(deployed(mocks).includes(`"image":"${image}"`));
});

test("everything in the cluster, and the look-up in the registry, goes through an explicit provider", async (t) => {
  const mocks = await Mocks.start();
  await run(t, { replicas });
  await mocks.registered();
  const children = ["namespace", "account", "network-policy", "priority", "deployment", "service", "disruption-budget"];
  assert.deepEqual(Object.fromEntries(mocks.providers), {
    ...Object.fromEntries(children.map((child) => [`ping-${child}`, "cluster"])),
    "docker:index/getRegistryImageManifests:getRegistryImageManifests": "registry-reader",
  });
});

test("a wrong config, a missing cluster or registry stop the program before anything is registered", async (t) => {
  const mocks = await Mocks.start();
  const up = await listen(
    t,
    http.createServer((_, response) => response.end()),
  );
  const down = await unusedPort();
  await assert.rejects(runWith(t, up, up, { port: "0" }), /ping:port must be/);
  await assert.rejects(
    runWith(t, up, down, {}),
    /the API server of the context sandbox, https:\/\/127\.0\.0\.1:\d+, can't be reached/,
  );
  await assert.rejects(runWith(t, up, up, { cluster: { context: "prod" } }), /has no context prod; it has sandbox\./);
  assert.deepEqual(await mocks.registered(), []);
  await assert.rejects(runWith(t, down, up, {}), /the registry 127\.0\.0\.1:\d+ can't be used/);
  assert.deepEqual(await mocks.registered(), []);
});
