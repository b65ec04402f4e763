import assert from "node:assert/strict";
import * as http from "node:http";
import * as pulumi from "@pulumi/pulumi";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { networkPolicySpec } from "../../../infra/service/network/network-policy";
import { acceptedRoute, nothingDeployed, useKubectl, without, withPodMonitors } from "../../support/fake-kubectl";
import { index, Mocks, pushedDigest, unknown } from "../../support/mocks";
import { answering, listen, unusedPort } from "../../support/servers";
import { run, runWith } from "../program";
import { collectRejections } from "../rejections";

const fixed = [
  "docker-build:index:Image ping-build",
  "kubernetes:apps/v1:Deployment ping-deployment",
  "kubernetes:core/v1:Namespace ping-namespace",
  "kubernetes:core/v1:Service ping-service",
  "kubernetes:core/v1:ServiceAccount ping-account",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy ping-network-policy",
  "kubernetes:policy/v1:PodDisruptionBudget ping-disruption-budget",
  "ping:index:GoService ping",
  "ping:index:ServiceImage ping",
  "pulumi:index:Stash ping-binaries",
  "pulumi:index:Stash ping-user",
  "pulumi:providers:docker registry-reader",
  "pulumi:providers:docker-build image-builder",
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

test("a rollout that fails is explained by the stack's own cluster, and what explains it is loaded only then", async (t) => {
  const mocks = await Mocks.start();
  await run(t, { replicas });
  const loaded = () =>
    Object.keys(require.cache).filter((file) => file.endsWith("/infra/rollout/rollout-state.ts")).length;
  assert.equal(loaded(), 0);
  useKubectl(t, 'echo "$@: no" >&2; exit 1');
  const error = t.mock.method(pulumi.log, "error", () => Promise.resolve());
  await mocks.errorHooks.get("explain-rollout")?.({
    ...{ urn: "", id: "", name: "", type: "", errors: [], failedOperation: "create" },
    newInputs: { metadata: { namespace: "ping-dev", name: "ping" } },
  });
  assert.equal(loaded(), 1);
  const path = "/apis/apps/v1/namespaces/ping-dev/deployments/ping";
  assert.deepEqual(
    error.mock.calls.map((call): unknown => call.arguments.at(0)),
    [
      `kubectl can't ask the cluster why the rollout failed: --context sandbox --request-timeout=10s get --raw ${path}: no.`,
    ],
  );
});

test("name names the service and everything of it, and changes nothing of what a stack shares", async (t) => {
  const mocks = await Mocks.start();
  const outputs = await run(t, { replicas, name: "shop" });
  assert.deepEqual(
    [outputs["namespace"], outputs["service"], outputs["url"]],
    ["shop-dev", "shop", "http://shop.shop-dev.svc.cluster.local"],
  );
  const named = fixed.map((line) => line.replace(/ ping(?=-|$)/, " shop"));
  assert.deepEqual(await mocks.registered(), named.sort());
  assert.doesNotMatch(deployed(mocks), /"ping/);
});

test("a range of replicas adds an autoscaler", async (t) => {
  const mocks = await Mocks.start();
  await run(t);
  const added = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler ping-autoscaler";
  assert.deepEqual(await mocks.registered(), [...fixed, added].sort());
});

test("migrate adds a Job with its policy; metrics add a PodMonitor where the cluster has that kind, and nothing elsewhere", async (t) => {
  const mocks = await Mocks.start();
  await run(t, { replicas, migrate: { args: ["migrate"] } });
  const job = ["kubernetes:batch/v1:Job ping-migration"];
  const policy = ["kubernetes:networking.k8s.io/v1:NetworkPolicy ping-migration-network-policy"];
  assert.deepEqual(await mocks.registered(), [...fixed, ...job, ...policy].sort());

  const monitor = ["kubernetes:monitoring.coreos.com/v1:PodMonitor ping-pod-monitor"];
  for (const [answer, added] of [
    [withPodMonitors, monitor],
    [without, []],
  ] as const) {
    const monitored = await Mocks.start();
    await run(t, { replicas, metrics: { path: "/metrics" } }, nothingDeployed + answer);
    assert.deepEqual(await monitored.registered(), [...fixed, ...added].sort());
    assert.match(deployed(monitored), /"prometheus.io\/port":"8080"/);
  }
});

test("expose adds an HTTPRoute, whose acceptance an update waits for, or an Ingress, and the policy lets their pods alone in", async (t) => {
  const urls = { url: "https://ping.example.com", internalUrl: "http://ping.ping-dev.svc.cluster.local" };
  const gateway = { name: "public", namespace: "traefik" };
  const ways = [
    [{ gateway }, "gateway.networking.k8s.io/v1:HTTPRoute ping-route"],
    [{ ingress: { class: "public" }, from: ["traefik"] }, "networking.k8s.io/v1:Ingress ping-ingress"],
  ] as const;
  for (const preview of [true, false]) {
    for (const [way, added] of ways) {
      const mocks = await Mocks.start({ preview });
      const kubectl = `case "$*" in
        */httproutes/*) echo '${preview ? "not asked" : acceptedRoute}';;
        *) echo '{"items":[{"metadata":{"name":"public"},"spec":{}}]}';;
      esac`;
      const outputs = await run(
        t,
        { replicas, expose: { host: "ping.example.com", ...way } },
        nothingDeployed + kubectl,
      );
      assert.deepEqual({ url: outputs["url"], internalUrl: outputs["internalUrl"] }, urls);
      assert.deepEqual(await mocks.registered(), [...fixed, `kubernetes:${added}`].sort());
      const spec = networkPolicySpec({ "app.kubernetes.io/name": "ping" }, [], undefined, ["traefik"]);
      assert.deepEqual(mocks.inputs("kubernetes:networking.k8s.io/v1:NetworkPolicy")["spec"], spec);
    }
  }
});

test("a given image is deployed without a build", async (t) => {
  const mocks = await Mocks.start();
  const registry = await answering(t);
  const image = `127.0.0.1:${registry}/other@${pushedDigest}`;
  const outputs = await run(t, { replicas, image, registry: {} });
  assert.equal(outputs["image"], image);
  assert.deepEqual(mocks.inputs("ping:index:ServiceImage"), { registry: `127.0.0.1:${registry}/other` });
  assert.deepEqual(
    await mocks.registered(),
    fixed.filter((name) => !name.includes("docker-build")),
  );
  assert.ok(deployed(mocks).includes(`"image":"${image}"`));
});

test("nothing of the cluster is registered where the image lacks a platform, whether it is given or built", async (t) => {
  collectRejections(t);
  const registry = await answering(t);
  const sources: Record<string, unknown>[] = [
    { image: `127.0.0.1:${registry}/other@${pushedDigest}`, registry: {} },
    {},
  ];
  for (const source of sources) {
    const mocks = await Mocks.start({ manifests: index.slice(0, 1) });
    await assert.rejects(run(t, { replicas, ...source }), /has no manifest for linux\/arm64; it has linux\/amd64\./);
    // What isn't held back is registered by now. The rest waits for ever, until the next Mocks.start forgets it.
    await setTimeout(100);
    assert.deepEqual(
      mocks.resources.map(({ type }) => type).filter((type) => type.startsWith("kubernetes:")),
      [],
    );
  }
});

test("everything in the cluster, the build and the look-up in the registry go through an explicit provider", async (t) => {
  const mocks = await Mocks.start();
  await run(t, { replicas });
  await mocks.registered();
  const children = ["namespace", "account", "network-policy", "deployment", "service", "disruption-budget"];
  assert.deepEqual(Object.fromEntries(mocks.providers), {
    ...Object.fromEntries(children.map((child) => [`ping-${child}`, "cluster"])),
    "ping-build": "image-builder",
    "docker:index/getRegistryImageManifests:getRegistryImageManifests": "registry-reader",
  });
});

test("a wrong config, a missing cluster or registry stop the program before anything is registered", async (t) => {
  const mocks = await Mocks.start();
  const up = await answering(t);
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

test("a login that the cluster refuses, and a namespace that another stack made, stop the program before anything is registered", async (t) => {
  const mocks = await Mocks.start();
  await assert.rejects(
    run(t, {}, "echo Unauthorized >&2; exit 1"),
    /doesn't accept the login of the kubeconfig's user/,
  );
  await assert.rejects(
    run(t, {}, `echo '{"metadata":{"name":"ping-dev"}}'`),
    /the cluster has a namespace ping-dev already, and this stack didn't make it/,
  );
  assert.deepEqual(await mocks.registered(), []);
});

test("a Deployment that runs other pods than Pulumi recorded gets an annotation, and is therefore updated", async (t) => {
  const recorded = (type: string, name: string, image: string) => ({
    type: `kubernetes:${type}`,
    outputs: { metadata: { name, generation: 2 }, spec: { template: { spec: { image } } } },
  });
  const [namespace, deployment] = [
    recorded("core/v1:Namespace", "ping-dev", ""),
    recorded("apps/v1:Deployment", "ping", "old"),
  ];
  const mocks = await Mocks.start({ state: { "::ping-namespace": namespace, "::ping-deployment": deployment } });
  const live = recorded("apps/v1:Deployment", "ping", "new");
  const [there, changed] = [namespace, live].map(({ outputs }) => `echo '${JSON.stringify(outputs)}'`);
  await run(t, { replicas }, `case "$*" in */deployments/*) ${changed};; *) ${there};; esac`);
  await mocks.registered();
  assert.match(deployed(mocks), /"unrecorded-generation":"2"/);
});

test("a preview shows that a base has moved, and a base that can't be looked up stops the program", async (t) => {
  const digests = ["a", "b", "a"].map((letter) => `sha256:${letter.repeat(64)}`);
  const registry = await listen(
    t,
    http.createServer(({ url = "" }, response) => {
      const digest = url.includes("/golang/") ? digests.shift() : undefined;
      response.writeHead(200, digest === undefined ? {} : { "docker-content-digest": digest }).end();
    }),
  );
  const preview = async () => {
    const mocks = await Mocks.start({ preview: true });
    const bases = { "golang:1.26": `127.0.0.1:${registry}/library/golang` };
    await runWith(t, registry, registry, { bases }, "FROM golang:1.26\n");
    await mocks.registered();
    const { context, labels } = mocks.inputs("docker-build:index:Image");
    return { context, labels };
  };
  const first = await preview();
  const moved = await preview();
  const reverted = await preview();
  const context = (letter: string) => ({
    location: "../node_modules/.cache/ping/dev/ping/context",
    named: {
      "golang:1.26": {
        location: `docker-image://127.0.0.1:${registry}/library/golang@sha256:${letter.repeat(64)}`,
      },
    },
  });
  assert.deepEqual([first.context, moved.context], [context("a"), context("b")]);
  assert.notDeepEqual(moved.labels, first.labels);
  assert.deepEqual(reverted, first);
  const mocks = await Mocks.start({ preview: true });
  const failing = runWith(t, registry, registry, {}, `FROM 127.0.0.1:${registry}/golang\n`);
  await assert.rejects(failing, /the base image 127\.0\.0\.1:\d+\/golang of app\/Dockerfile can't be looked up/);
  assert.deepEqual(await mocks.registered(), []);
});

test("a stack without AWS loads no AWS SDK, starts no AWS provider and asks it nothing", async (t) => {
  const mocks = await Mocks.start();
  await run(t, { replicas });
  assert.deepEqual(await mocks.registered(), fixed);
  assert.deepEqual(
    mocks.calls.filter(({ token }) => token.startsWith("aws:")),
    [],
  );
  const loaded = Object.keys(require.cache);
  assert.ok(loaded.some((file) => file.includes("/@pulumi/kubernetes/")));
  assert.deepEqual(
    loaded.filter((file) => file.includes("/@pulumi/aws/")),
    [],
  );
});
